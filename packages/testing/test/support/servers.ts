import {
  createServer,
  get,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import supertest from "supertest";
import { afterEach } from "vitest";
import type { EventsFrom } from "../../src/index.js";

const servers: Server[] = [];
afterEach(closeServers);

/** Closes the servers that `listen` started, and their connections, because fetch keeps unused ones for some seconds. */
export async function closeServers(): Promise<void> {
  for (const server of servers.splice(0)) {
    if (!server.listening) continue;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
}

/** A server on a real socket that is closed after the test. */
export async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

export function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Makes a listener that answers with `write`. Its promise `left` resolves when the client has left. */
export function answer(
  write: (response: ServerResponse, request: IncomingMessage) => void,
): RequestListener & { left: Promise<void> } {
  let leave: (() => void) | undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const listener: RequestListener = (request, response) => {
    response.on("close", () => leave?.());
    write(response, request);
  };
  return Object.assign(listener, { left });
}

/** Makes a listener that opens an event stream, writes these texts and leaves the stream open. */
export function openStream(...texts: string[]): RequestListener & { left: Promise<void> } {
  return answer((response) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.flushHeaders();
    for (const text of texts) response.write(text);
  });
}

interface App {
  (request: IncomingMessage, response: ServerResponse): void;
  get(path: string, listener: RequestListener): void;
}

/** Makes an Express app with one route. */
export function expressApp(listener: RequestListener): App {
  // The version of Express that the tests of the adapter use.
  const express = createRequire(new URL("../../../express/package.json", import.meta.url))(
    "express",
  ) as () => App;
  const app = express();
  app.get("/", listener);
  return app;
}

/** Every kind of connection that events are read from. */
export const connections: [string, (listener: RequestListener) => Promise<{ from: EventsFrom }>][] = [
  ["a fetch Response", async (listener) => ({ from: await fetch(urlOf(await listen(listener))) })],
  ["the promise of a Response", async (listener) => ({ from: fetch(urlOf(await listen(listener))) })],
  [
    "the body of a Response",
    async (listener) => ({ from: (await fetch(urlOf(await listen(listener)))).body! }),
  ],
  [
    "a Node response",
    async (listener) => {
      const url = urlOf(await listen(listener));
      return { from: await new Promise<IncomingMessage>((resolve) => get(url, resolve)) };
    },
  ],
  ["supertest on an Express app", async (listener) => ({ from: supertest(expressApp(listener)).get("/") })],
  [
    "supertest on a server that listens",
    async (listener) => ({ from: supertest(await listen(listener)).get("/") }),
  ],
  ["supertest on a URL", async (listener) => ({ from: supertest(urlOf(await listen(listener))).get("") })],
];

/** Rejects when a promise takes longer than any machine needs. */
export async function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited 5 s for ${what}`)), 5000);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
