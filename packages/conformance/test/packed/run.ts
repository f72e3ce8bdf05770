import { spawn } from "node:child_process";

/** How a program ended, and what it printed, warnings included. */
export interface Ended {
  /** `null`: it was killed, for it did not end in time. */
  code: number | null;
  output: string;
}

/** Runs a program in a folder until it exits by itself, or kills it, with all that it has started. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  ms: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => {
      try {
        process.kill(-child.pid!, "SIGKILL");
      } catch {
        // It ended just now.
      }
    }, ms);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}

/** Runs a program that has to succeed. */
export async function runSafely(
  command: string,
  args: readonly string[],
  cwd: string,
  ms: number,
): Promise<void> {
  const { code, output } = await run(command, args, cwd, ms);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ended with ${code}\n${output}`);
}
