import { Forwarder } from "./forwarder.js";
import type { Listening } from "@ssekit/conformance";

/** The second argument is what the runtime knows of the connection. Hono takes it as its environment. */
type Fetch = (request: Request, info: object) => Response | Promise<Response>;

/** A server of the runtime itself, on a free port of the loopback interface. */
interface Served {
  readonly port: number;
  /** Accepts no more connections, and resolves when the last one has closed. */
  stop(): Promise<unknown>;
}

interface Bun {
  serve(options: { hostname: string; port: number; fetch: Fetch }): { port: number; stop(): Promise<void> };
}

interface Deno {
  serve(
    options: { hostname: string; port: number; onListen(): void },
    fetch: Fetch,
  ): { addr: { port: number }; shutdown(): Promise<void> };
}

const { Bun, Deno } = globalThis as { Bun?: Bun; Deno?: Deno };

/** The runtime that runs these tests. */
export const runtime = Bun ? "Bun" : Deno ? "Deno" : undefined;

/** Serves with the runtime's own server, behind a forwarder that counts and cuts connections. */
export async function serve(fetch: Fetch): Promise<Listening> {
  // The forwarder hears that a client has left before the server does.
  const waiting = new Set<Request>();
  const served = start(async (request, info) => {
    waiting.add(request);
    request.signal.addEventListener("abort", () => waiting.delete(request));
    try {
      return await fetch(request, info);
    } finally {
      waiting.delete(request);
    }
  });
  const forwarder = await Forwarder.start(served.port);
  return {
    url: `http://127.0.0.1:${forwarder.port}`,
    get connections() {
      return Math.max(forwarder.connections, waiting.size);
    },
    async close() {
      await Promise.all([forwarder.close(), served.stop()]);
    },
    cut: () => forwarder.cut(),
  };
}

function start(fetch: Fetch): Served {
  const address = { hostname: "127.0.0.1", port: 0 };
  if (Bun) {
    const server = Bun.serve({ ...address, fetch });
    return { port: server.port, stop: () => server.stop() };
  }
  if (Deno) {
    const server = Deno.serve({ ...address, onListen() {} }, fetch);
    return { port: server.addr.port, stop: () => server.shutdown() };
  }
  throw new Error("These tests run in Bun or in Deno");
}
