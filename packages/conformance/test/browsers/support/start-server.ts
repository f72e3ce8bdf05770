import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import type { Server } from "node:net";
import { listen, type Listening } from "@ssekit/conformance";
import {
  EventStreamServer,
  type EventStream,
  type EventStreamOptions,
  type MessageSource,
} from "@ssekit/core";
import { sse } from "@ssekit/express";
import { open } from "@ssekit/node";
import express from "express";
import { onTestFinished } from "vitest";

/** Express on `node:http`, or a server of `node:http2` with a self-signed certificate. */
export type Protocol = "HTTP/1.1" | "HTTP/2";

/** A request that the browser has sent. */
export interface Visit {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The browser's port, which is another one for each connection. */
  readonly remotePort: number | undefined;
  /** When it came, on the clock of `performance.now()`. */
  readonly at: number;
  readonly response: ServerResponse;
  open(source?: MessageSource, options?: EventStreamOptions): EventStream;
}

export interface TestServer extends Listening {
  readonly port: number;
  readonly events: EventStreamServer;
  /** All requests, in order, but not those for the empty page `/page`. */
  readonly visits: readonly Visit[];
  visitsTo(path: string): readonly Visit[];
  /** Ends the server as a crash does: all connections break. */
  crash(): Promise<void>;
}

const PAGE = `<!doctype html><link rel="icon" href="data:,"><title>test</title>`;
const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../../node/test/fixtures/${name}`, import.meta.url));

/** Starts a server with an empty page at `/page`. It stops when the test finishes. */
export async function startServer(
  protocol: Protocol,
  handle: (visit: Visit) => void,
  { port: wantedPort = 0, ...options }: EventStreamOptions & { port?: number } = {},
): Promise<TestServer> {
  const events = new EventStreamServer(options);
  const visits: Visit[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse, openStream: Visit["open"]): void => {
    if (request.url === "/page") {
      response.setHeader("content-type", "text/html");
      response.end(PAGE);
      return;
    }
    const { method = "", url: path = "", headers, socket } = request;
    const { remotePort } = socket;
    const visit = { method, path, headers, remotePort, at: performance.now(), response, open: openStream };
    visits.push(visit);
    handle(visit);
  };
  const server = protocol === "HTTP/1.1" ? expressServer(events, answer) : http2Server(events, answer);
  const listening = await listen(server, protocol === "HTTP/1.1" ? "http" : "https", wantedPort);
  const crash = async (): Promise<void> => {
    const closed = listening.close();
    listening.cut();
    await closed;
  };
  onTestFinished(async () => {
    await crash();
    await events.close({ grace: 0 });
  });
  // Not a spread, which would evaluate the getter of `listening`.
  return Object.assign(Object.create(listening) as Listening, {
    port: Number(new URL(listening.url).port),
    events,
    visits,
    visitsTo: (path: string) => visits.filter((visit) => visit.path === path),
    crash,
  });
}

type Answer = (request: IncomingMessage, response: ServerResponse, open: Visit["open"]) => void;

function expressServer(events: EventStreamServer, answer: Answer): Server {
  const app = express()
    .use(sse(events))
    .use((request, response) => {
      answer(request, response, (source, options) => response.sse(source, options));
    });
  return createServer(app);
}

function http2Server(events: EventStreamServer, answer: Answer): Server {
  const tls = { key: fixture("localhost-key.pem"), cert: fixture("localhost-cert.pem") };
  return createSecureServer(tls, (request, response) => {
    // The compatibility API has the members of `node:http` that the tests use.
    answer(request as never, response as never, (source, options) =>
      open(request, response, { server: events, source, ...options }),
    );
  });
}
