import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
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

// A connection that is kept for the next request would delay the exit of the app by some seconds. Streams are read without
// this header, because with it undici takes a response that breaks off for a complete one.
const CLOSE = { connection: "close" };

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
export async function startApp(framework: Framework): Promise<RunningApp> {
  for (let attempt = 1; ; attempt++) {
    const { app, exited } = start(framework, await freePort());
    const exitedEarly = exited.then(() => {
      throw new Error(`${framework.name} has exited:\n${app.output()}`);
    });
    try {
      await Promise.race([expectOpen(app, 0, 30_000), exitedEarly]);
      if (!portWasTaken(app)) return app;
    } catch (error) {
      if (!portWasTaken(app) || attempt === 5) throw error;
    }
  }
}

/** Whether another program took the port before the app did. */
function portWasTaken(app: RunningApp): boolean {
  return /EADDRINUSE|in use/.test(app.output());
}

function start({ name, runtime = process.execPath, start }: Framework, port: number) {
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

  const url = `http://127.0.0.1:${port}`;
  const app: RunningApp = {
    url,
    output: () => output,
    read: async (path, lastEventId) => {
      const headers = {
        accept: "text/event-stream",
        ...(lastEventId && { "last-event-id": lastEventId }),
      };
      const request = fetch(url + path, { headers });
      const reader = new StreamReader(await within(`${name}: GET ${path}`, request));
      onTestFinished(() => reader.leave());
      return reader;
    },
    publish: async (price) => {
      const response = await fetch(`${url}/events`, {
        method: "POST",
        headers: { ...CLOSE, "content-type": "application/json" },
        body: JSON.stringify({ symbol: "AAPL", price }),
        signal: AbortSignal.timeout(10_000),
      });
      return ((await response.json()) as { id: string }).id;
    },
    openStreams: async () => {
      const response = await fetch(`${url}/streams`, { headers: CLOSE, signal: AbortSignal.timeout(10_000) });
      return ((await response.json()) as { open: number }).open;
    },
    terminate: async () => {
      child.kill("SIGTERM");
      await within(`${name} exits after SIGTERM`, exited, 15_000);
    },
  };
  return { app, exited };
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

/** A free port under those that the system gives to connections and to servers that ask for any port. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(16_000, 32_000);
    const server = createServer();
    const listening = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!listening) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
