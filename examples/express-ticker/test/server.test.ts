import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";

// The same header as EventSource. Without it, the connection would be cut at the end instead of ending normally.
const headers = { accept: "text/event-stream" };

describe("node server.js", () => {
  test("prints its address and a curl line that works, and stops on SIGTERM with a reader connected", async () => {
    const { child, output } = run("0");
    await vi.waitUntil(() => output().includes("Ctrl+C"), { timeout: 10_000 });
    const url = /curl -N "(.+)"/.exec(output())?.[1] ?? "";
    expect(output()).toContain(`${new URL(url).origin}\n`);
    const exit = once(child, "exit");
    let stream = "";
    for await (const chunk of (await fetch(url, { headers })).body!.pipeThrough(new TextDecoderStream())) {
      stream += chunk;
      if (stream.includes("event: stats") && !child.killed) child.kill("SIGTERM");
    }
    expect(stream).toContain('"live":1');
    expect(await exit).toEqual([0, null]);
  });

  test("prints an error if the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { child } = run(String(port));
    const errors = text(child.stderr);
    expect(await once(child, "exit")).toEqual([1, null]);
    expect(await errors).toContain(`Cannot listen on port ${port}`);
  });
});

/** Runs `node server.js`, as `pnpm start` does. */
function run(port: string) {
  const child = spawn(process.execPath, ["server.js"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { PATH: process.env["PATH"], PORT: port },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  return { child, output: () => output };
}
