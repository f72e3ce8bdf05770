import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { StreamReader, until, within } from "@ssekit/conformance";
import { onTestFinished } from "vitest";
import { run } from "../packed/run.js";
import type { Framework } from "./frameworks.js";
import { appFolder } from "./install-app.js";

const ENVIRONMENT = {
  PATH: process.env["PATH"]!,
  HOME: process.env["HOME"]!,
  HOST: "127.0.0.1",
  NODE_ENV: "production",
  NEXT_TELEMETRY_DISABLED: "1",
  ASTRO_TELEMETRY_DISABLED: "1",
};

/** Builds an app, which takes some seconds. */
export async function buildApp({ name, build }: Framework): Promise<void> {
  if (!build) return;
  const { code, output } = await run(process.execPath, build, appFolder(name), 240_000, ENVIRONMENT);
  if (code !== 0) throw new Error(`${name} was not built:\n${output}`);
}

/** An app that is running as in production. */
export interface RunningApp {
  readonly url: string;
  /** What the app has printed. */
  output(): string;
  /** Requests an event stream as EventSource does. */
  read(path: string, lastEventId?: string): Promise<StreamReader>;
  /** Publishes a price, and returns the id of its event. */
  publish(price: number): Promise<string>;
  /** How many streams the app says are open. */
  open(): Promise<number>;
  /** Waits until this number of streams is open. */
  untilOpen(count: number): Promise<void>;
  /** Sends SIGTERM, and resolves when the app has exited. */
  terminate(): Promise<void>;
}

/** Starts an app. It is killed when the test finishes. */
export async function startApp({ name, start }: Framework): Promise<RunningApp> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, start, {
    cwd: appFolder(name),
    env: { ...ENVIRONMENT, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "close");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });

  const open = async () => {
    const response = await fetch(`${url}/streams`, { signal: AbortSignal.timeout(10_000) });
    return ((await response.json()) as { open: number }).open;
  };
  const untilOpen = async (count: number, ms = 5_000) => {
    const deadline = performance.now() + ms;
    for (;;) {
      const now = await open().catch((error: unknown) => String(error));
      if (now === count) return;
      if (performance.now() > deadline || child.exitCode !== null) {
        throw new Error(`${name}: expected ${count} open streams, got ${now}; it printed:\n${output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await untilOpen(0, 30_000);

  return {
    url,
    output: () => output,
    read: async (path, lastEventId) => {
      const headers = { accept: "text/event-stream", ...(lastEventId && { "last-event-id": lastEventId }) };
      const request = fetch(url + path, { headers });
      const reader = new StreamReader(await within(`${name}: GET ${path}`, request));
      onTestFinished(() => reader.leave());
      return reader;
    },
    publish: async (price) => {
      const response = await fetch(`${url}/events`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ symbol: "AAPL", price }),
        signal: AbortSignal.timeout(10_000),
      });
      return ((await response.json()) as { id: string }).id;
    },
    open,
    untilOpen,
    terminate: async () => {
      child.kill("SIGTERM");
      await within(`${name} exits after SIGTERM`, exited, 15_000);
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
