import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acceptsConnections, findFreePort } from "./ports.js";
import { systemProgram } from "./system-program.js";
import { pause, within } from "./within.js";

const START_MS = 10_000;

/** A `nats-server` with JetStream. */
export interface NatsServer {
  readonly port: number;
  /** The folder of its data. */
  readonly dir: string;
  /** Sends a signal to the process. */
  signal(signal: NodeJS.Signals): void;
  /** Ends the process, by default at once and without saving anything. Its data stay. */
  kill(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Starts the process again, on the same port and with the data of the folder. */
  start(): Promise<void>;
  /** Ends the process, and deletes the data if the folder was not given. */
  stop(): Promise<void>;
}

/**
 * Starts `nats-server` on the loopback interface. The caller stops it.
 *
 * @param options.port default: a free port.
 * @param options.config lines of its configuration file.
 * @param options.dir where the server keeps its data. Default: a new folder, which `stop` deletes.
 */
export async function startNats({
  port,
  dir,
  config = "",
}: { port?: number; dir?: string; config?: string } = {}): Promise<NatsServer> {
  const program = systemProgram("nats-server");
  if (program === undefined) throw new Error("nats-server is not on PATH");
  const listen = port ?? (await findFreePort());
  const folder = dir ?? mkdtempSync(join(tmpdir(), "ssekit-nats-"));
  const configFile = `${folder}.conf`; // beside the data, which a test may delete
  writeFileSync(configFile, config);
  let child: ChildProcess | undefined;
  let output = "";

  const isRunning = (): boolean =>
    child !== undefined && child.exitCode === null && child.signalCode === null;

  const start = async (): Promise<void> => {
    output = "";
    child = spawn(
      program,
      ["-a", "127.0.0.1", "-p", String(listen), "-js", "-sd", folder, "-c", configFile],
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (output += text));
    const deadline = performance.now() + START_MS;
    // It listens only when JetStream has read its data.
    while (!(await acceptsConnections(listen))) {
      if (!isRunning() || performance.now() > deadline)
        throw new Error(`nats-server does not run:\n${output}`);
      await pause(10);
    }
  };

  const kill = async (signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> => {
    if (!isRunning()) return;
    const exited = once(child!, "exit");
    child!.kill(signal);
    child!.kill("SIGCONT"); // a process that was stopped does not handle SIGTERM
    await within("the end of nats-server", exited);
  };

  const stop = async (): Promise<void> => {
    await kill();
    rmSync(configFile, { force: true });
    if (dir === undefined) rmSync(folder, { recursive: true, force: true });
  };

  await start();
  return { port: listen, dir: folder, signal: (name) => void child!.kill(name), kill, start, stop };
}
