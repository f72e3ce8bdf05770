import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";

describe("node server.js", () => {
  test("prints its address and a curl line that works, and stops on SIGTERM during an answer", async () => {
    const { child, output } = run("0");
    await vi.waitUntil(() => output().includes("Ctrl+C"), { timeout: 10_000 });
    const [, follow = "", body, start = ""] = /curl -N (\S+)\$\(curl -sd (\S+) (\S+)\)/.exec(output()) ?? [];
    expect(output()).toContain(`${new URL(start).origin}\n`);
    const headers = { "Content-Type": "application/x-www-form-urlencoded" }; // as curl -d
    const id = await (await fetch(start, { method: "POST", headers, body })).text();
    const response = await fetch(follow + id);
    const exit = once(child, "exit");
    let stream = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      stream += chunk;
      if (!child.killed) child.kill("SIGTERM");
    }
    expect(stream).toMatch(/\nevent: failed\nid: .+~end\ndata: .+ was stopped\./);
    expect(await exit).toEqual([0, null]);
  });

  test("prints that the port is taken, and how to choose another one", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { child } = run(String(port));
    const errors = text(child.stderr);
    expect(await once(child, "exit")).toEqual([1, null]);
    expect(await errors).toContain(`Port ${port} is taken`);
    expect(await errors).toContain(`PORT=${port + 1} pnpm demo`);
  });

  test("refuses a port that is not a number", async () => {
    const { child } = run("http");
    const errors = text(child.stderr);
    expect(await once(child, "exit")).toEqual([1, null]);
    expect(await errors).toBe('PORT: expected 0 to 65535, got "http".\n');
  });

  test("asks for the model's name when an endpoint is set", async () => {
    const { child } = run("0", { OPENAI_BASE_URL: "http://127.0.0.1:9/v1" });
    const errors = text(child.stderr);
    expect(await once(child, "exit")).toEqual([1, null]);
    expect(await errors).toContain("OPENAI_MODEL");
  });
});

/** Runs `node server.js`, as `pnpm demo` does. */
function run(port: string, settings: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["server.js"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { PATH: process.env["PATH"], PORT: port, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  return { child, output: () => output };
}
