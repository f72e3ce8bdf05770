import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { listen, recordSocketWrites } from "@ssekit/conformance";
import { onTestFinished } from "vitest";
import { WireClient } from "./wire-client.js";

const fixture = (name: string): Buffer => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));

/** A server that is over with its test. */
export interface Served {
  url: string;
  /** What sockets were given to write, call by call. */
  writes: string[];
  /** Errors of connections. */
  clientErrors: unknown[];
  connect(): WireClient;
}

export async function serve(
  handle: http.RequestListener,
  { tls = false, options = {} }: { tls?: boolean; options?: http.ServerOptions } = {},
): Promise<Served> {
  const keys = { key: fixture("localhost-key.pem"), cert: fixture("localhost-cert.pem") };
  const server = tls
    ? https.createServer({ ...options, ...keys }, handle)
    : http.createServer(options, handle);
  const writes = recordSocketWrites(server);
  const clientErrors: unknown[] = [];
  server.on("clientError", (error, socket) => {
    clientErrors.push(error);
    socket.destroy();
  });
  const { url, cut, close } = await listen(server, tls ? "https" : "http");
  onTestFinished(() => (cut(), close()));
  return { url, writes, clientErrors, connect: () => new WireClient(url) };
}
