import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acceptsConnections, findFreePort } from "./ports.js";
import { systemProgram } from "./system-program.js";
import { pause, within } from "./within.js";

export interface RedisOptions {
  /** @default a free port */
  port?: number;
  /** The folder for its data. @default a new folder, which `remove` deletes */
  dir?: string;
  /** Whether every write is on disk before it is acknowledged. @default false */
  appendonly?: boolean;
  /** More arguments of `redis-server`. A configuration file comes first. */
  args?: readonly string[];
}

/** A `redis-server`, which is a process of its own. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly dir: string;
  /** Starts the process again on the same port, with the data of its folder. */
  start(): Promise<void>;
  /** Ends the process. With SIGTERM it may write its data first. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Freezes the process, until `resume`. */
  freeze(): void;
  resume(): void;
  /** Sends one command in the inline form, on a connection of its own, and returns the reply as text. */
  command(command: string): Promise<string>;
  /** Ends the process and deletes its folder. */
  remove(): Promise<void>;
}

/** Starts a `redis-server` on the loopback interface. The caller has to call `remove`. */
export async function startRedis({
  port,
  dir,
  appendonly = false,
  args = [],
}: RedisOptions = {}): Promise<RedisServer> {
  const folder = dir ?? mkdtempSync(join(tmpdir(), "ssekit-redis-"));
  const listening = port ?? (await findFreePort());
  let child: ChildProcess | undefined;
  const killAtExit = (): void => void child?.kill("SIGKILL");
  process.on("exit", killAtExit);

  const start = async (): Promise<void> => {
    const settings = ["--port", String(listening), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
    if (appendonly) settings.push("--appendonly", "yes", "--appendfsync", "always");
    const isFile = args[0]?.startsWith("/");
    const all = isFile ? [args[0]!, ...settings, ...args.slice(1)] : [...settings, ...args];
    const started = spawn(systemProgram("redis-server")!, all, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    child = started;
    for (
      const deadline = performance.now() + 10_000;
      !(await acceptsConnections(listening));
      await pause(10)
    ) {
      if (performance.now() < deadline && started.exitCode === null) continue;
      throw new Error(`redis-server does not listen on port ${listening}:\n${output}`);
    }
  };
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    const stopping = child;
    child = undefined;
    if (stopping === undefined || stopping.exitCode !== null) return;
    const exited = once(stopping, "exit");
    stopping.kill("SIGCONT"); // a process that is frozen would not end
    stopping.kill(signal);
    await within("the end of redis-server", exited);
  };
  await start();
  return {
    port: listening,
    url: `redis://127.0.0.1:${listening}`,
    dir: folder,
    start,
    stop,
    freeze: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    command: (command) => within(command, sendInline(listening, command)),
    async remove() {
      process.off("exit", killAtExit);
      await stop("SIGKILL");
      if (dir === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function sendInline(port: number, command: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let reply = "";
  socket.setEncoding("utf8").on("data", (text: string) => (reply += text));
  const ended = once(socket, "close");
  socket.end(`${command}\r\n`); // not QUIT, which a Sentinel does not know
  await ended;
  return reply.replace(/^\$\d+\r\n/, "");
}

/** Starts a Redis Cluster of empty servers, each with a share of the slots. The caller has to call `remove` of each. */
export async function startRedisCluster(size = 3): Promise<RedisServer[]> {
  const servers: RedisServer[] = [];
  for (let n = 0; n < size; n++) {
    servers.push(await startRedis({ args: ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"] }));
  }
  const [first, ...others] = servers;
  for (const [n, server] of servers.entries()) {
    const [from, to] = [n, n + 1].map((part) => Math.floor((part * 16_384) / size));
    await server.command(`CLUSTER ADDSLOTSRANGE ${from} ${to! - 1}`);
    await server.command(`CLUSTER SET-CONFIG-EPOCH ${n + 1}`);
  }
  for (const { port } of others) await first!.command(`CLUSTER MEET 127.0.0.1 ${port}`);
  for (const deadline = performance.now() + 20_000; ; await pause(50)) {
    const states = await Promise.all(servers.map((server) => server.command("CLUSTER INFO")));
    const isReady = (state: string): boolean =>
      state.includes("cluster_state:ok") && state.includes(`cluster_known_nodes:${size}`);
    if (states.every(isReady)) return servers;
    if (performance.now() > deadline) throw new Error(`The cluster is not ready:\n${states.join("\n")}`);
  }
}
