import { spawn } from "node:child_process";
import { within } from "@ssekit/conformance";
import { findFreePort } from "../../src/support/ports.js";

/** A program that was started, and is killed after `use`. */
export interface RunningSnippet {
  readonly url: string;
  readonly exited: Promise<number | null>;
  output(): string;
}

/** Starts a program of the documentation on a free port. */
export async function runSnippet(
  name: string,
  file: string,
  use: (running: RunningSnippet) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  const port = await findFreePort();
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: String(port), NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += String(chunk)));
  const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
  try {
    const used = use({ url: `http://127.0.0.1:${port}`, exited, output: () => output });
    await within(name, used, 20_000);
  } catch (error) {
    throw new Error(`${name} failed; it printed:\n${output}`, { cause: error });
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
}

/** Requests an address until the program answers with a success, and reads until the text has come. */
export async function readUntil(url: string, text: string): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  let status: number | undefined;
  for (;;) {
    const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal }).catch(
      (error: unknown) => {
        if (signal.aborted) throw new Error(`${url}: no success in time, status ${status}`, { cause: error });
      },
    );
    if (response?.ok !== true) {
      // The server does not listen yet, or it does not have yet what the program makes at its end.
      status = response?.status;
      await response?.body?.cancel();
      await new Promise((turn) => setTimeout(turn, 50));
      continue;
    }
    let seen = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      seen += decoder.decode(chunk, { stream: true });
      if (seen.includes(text)) return;
    }
    throw new Error(
      `${url}: expected ${JSON.stringify(text)} in the stream, got ${response.status} ${JSON.stringify(seen)}`,
    );
  }
}
