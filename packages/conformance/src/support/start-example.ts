import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished, vi } from "vitest";

/**
 * Starts `node server.js` (or another file) of an example on a free port, like `npm start`. Uses the built packages.
 */
export async function startExample(example: string, env: Record<string, string> = {}, file = "server.js") {
  const child = spawn(process.execPath, [file], {
    cwd: fileURLToPath(new URL(`../../../../examples/${example}`, import.meta.url)),
    env: { PATH: process.env["PATH"], PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "close");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  }
  const printed = (words: string) =>
    vi.waitFor(
      () => {
        if (!output.includes(words))
          throw new Error(`Expected "${words}" in what the server prints:\n${output}`);
      },
      { timeout: 10_000 },
    );
  const exitedEarly = exited.then(() => {
    throw new Error(`The server has exited:\n${output}`);
  });
  await Promise.race([printed("Ctrl+C"), exitedEarly]);
  return {
    address: /http:\S+/.exec(output)![0],
    printed,
    output: () => output,
    /**
     * After SIGTERM the server tells its readers to reconnect within ten seconds. A test that cannot wait uses SIGKILL.
     */
    stop: async (signal: "SIGTERM" | "SIGKILL") => {
      child.kill(signal);
      return await exited;
    },
  };
}
