// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { findProgram } from "../../scripts/system-programs.mjs";

/** @typedef {"redis" | "nats"} BrokerKind */
/** @typedef {Awaited<ReturnType<typeof startBroker>>} Broker */

const START_MS = 10_000;

/** The program of each broker, and its configuration. It keeps its data in a folder, and nothing in it is left over. */
const BROKERS = {
  redis: {
    program: /** @type {const} */ ("redis-server"),
    args: (/** @type {string} */ file) => [file],
    config: (/** @type {number} */ port, /** @type {string} */ folder) =>
      `bind 127.0.0.1\nport ${port}\ndir ${folder}\nsave ""\nappendonly no\n`,
  },
  nats: {
    program: /** @type {const} */ ("nats-server"),
    args: (/** @type {string} */ file) => ["-c", file],
    config: (/** @type {number} */ port, /** @type {string} */ folder) =>
      `host: 127.0.0.1\nport: ${port}\nhttp: "127.0.0.1:-1"\nports_file_dir: "${folder}"\njetstream { store_dir: "${folder}/data" }\n`,
  },
};

/** The path of a broker's program, or `undefined` if it is missing. @param {BrokerKind} kind */
export function findBroker(kind) {
  return findProgram(BROKERS[kind].program);
}

/**
 * Starts a broker with an empty store on a free port.
 * @param {BrokerKind} kind
 */
export async function startBroker(kind) {
  const { program, args, config } = BROKERS[kind];
  const path = findBroker(kind);
  if (path === undefined) throw new Error(`${program} is not on PATH`);
  const folder = mkdtempSync(join(tmpdir(), "ssekit-broker-"));
  const port = await findFreePort();
  const file = join(folder, "broker.conf");
  writeFileSync(file, config(port, folder));
  const child = spawn(path, args(file), { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
  const exited = once(child, "close");
  const kill = () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", kill);
  const deadline = performance.now() + START_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`${program} does not listen on port ${port}:\n${output}`);
    await wait(10);
  }

  return {
    kind,
    url: `${kind}://127.0.0.1:${port}`,
    /** @param {NodeJS.Signals} name such as SIGSTOP, which freezes the broker */
    signal: (name) => child.kill(name),
    /** The CPU time of the process in microseconds. It needs the /proc of Linux. */
    cpu() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) * 10_000;
    },
    /** The URL of the monitoring of NATS. */
    monitor() {
      const name = readdirSync(folder).find((file) => file.endsWith(".ports"));
      return JSON.parse(readFileSync(join(folder, /** @type {string} */ (name)), "utf8")).monitoring[0];
    },
    async stop() {
      child.kill("SIGKILL");
      await exited;
      process.off("exit", kill);
      rmSync(folder, { recursive: true });
    },
  };
}

async function findFreePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/** @param {number} port @returns {Promise<boolean>} */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      resolve(true);
      socket.destroy();
    });
    socket.on("error", () => resolve(false));
  });
}
