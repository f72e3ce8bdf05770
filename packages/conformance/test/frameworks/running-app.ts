import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { pause, StreamReader, within } from "@ssekit/conformance";
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

/** Builds an app, which takes some seconds, and checks its types. */
export async function buildApp({ name, build }: Framework): Promise<void> {
  for (const script of build) {
    const { code, output } = await run(process.execPath, script, appFolder(name), 120_000, ENVIRONMENT);
    if (code !== 0) throw new Error(`${name}: ${script.join(" ")} failed:\n${output}`);
  }
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
  openStreams(): Promise<number>;
  /** Sends SIGTERM, and resolves when the app has exited. */
  terminate(): Promise<void>;
}

/** Starts an app. It is killed when the test finishes. */
export async function startApp({ name, runtime = process.execPath, start }: Framework): Promise<RunningApp> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(runtime, start, {
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

  const app: RunningApp = {
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
    openStreams: async () => {
      const response = await fetch(`${url}/streams`, { signal: AbortSignal.timeout(10_000) });
      return ((await response.json()) as { open: number }).open;
    },
    terminate: async () => {
      child.kill("SIGTERM");
      await within(`${name} exits after SIGTERM`, exited, 15_000);
    },
  };
  const exitedEarly = exited.then(() => {
    throw new Error(`${name} has exited:\n${output}`);
  });
  await Promise.race([expectOpen(app, 0, 30_000), exitedEarly]);
  return app;
}

/**
 * Waits until this number of streams is open. The default time limit is much shorter than the interval of the heartbeats,
 * which would notice that a client has left.
 */
export async function expectOpen(app: RunningApp, count: number, ms = 5_000): Promise<void> {
  const deadline = performance.now() + ms;
  for (;;) {
    const open = await app.openStreams().catch((error: unknown) => String(error));
    if (open === count) return;
    if (performance.now() > deadline) {
      throw new Error(`Expected ${count} open streams, got ${open}. The app has printed:\n${app.output()}`);
    }
    await pause(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
