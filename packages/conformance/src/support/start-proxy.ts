import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { acceptsConnections, findFreePort } from "./ports.js";
import { pause, within } from "./within.js";

const ATTEMPTS = 3;
const START_MS = 10_000;

/** A proxy program, with what it needs to run. */
interface ProxyProgram {
  /** Path of the program. */
  program: string;
  /** Text of the configuration file. It gets a free port of the loopback interface, and a folder for temporary files. */
  config(port: number, folder: string): string;
  /** The arguments that make the program read this file and stay in the foreground. */
  args(configFile: string, folder: string): string[];
}

/** Starts a proxy, and returns the port on which it listens. The proxy is stopped when the test finishes. */
export async function startProxy(proxy: ProxyProgram): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const { port, failure } = await tryToStart(proxy);
    if (failure === undefined) return port;
    // Another process may have taken the port since it was found to be free.
    if (attempt === ATTEMPTS || !failure.includes("in use")) throw new Error(failure);
  }
}

async function tryToStart({
  program,
  config,
  args,
}: ProxyProgram): Promise<{ port: number; failure?: string }> {
  const port = await findFreePort();
  const folder = mkdtempSync(join(tmpdir(), "ssekit-proxy-"));
  const configFile = join(folder, "proxy.conf");
  writeFileSync(configFile, config(port, folder));
  const child = spawn(program, args(configFile, folder), { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const exited = once(child, "close");
  let running = true;
  child.on("exit", () => (running = false));
  onTestFinished(async () => {
    child.kill("SIGTERM"); // not SIGKILL, with which the processes that nginx has started would be left
    await within(`the end of ${program}`, exited);
    rmSync(folder, { recursive: true });
  });
  const deadline = performance.now() + START_MS;
  while (running && performance.now() < deadline) {
    if (await acceptsConnections(port)) return { port };
    await pause(10);
  }
  return { port, failure: `${program} does not listen on port ${port}:\n${output}` };
}
