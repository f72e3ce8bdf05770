import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import type { Server } from "node:net";
import { adapterContract, listen } from "@ssekit/conformance";
import { EventStreamServer } from "@ssekit/node";
import { Agent, fetch as undiciFetch } from "undici";
import { nodeListener } from "./support/node-listener.js";

const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } });

adapterContract({
  name: "node:http2",
  http: 2,
  fetch: ((url: string, init: object) =>
    undiciFetch(url, { ...init, dispatcher })) as unknown as typeof fetch,
  async start(routes, options) {
    const events = new EventStreamServer(options);
    const errors: unknown[] = [];
    const tls = { key: fixture("localhost-key.pem"), cert: fixture("localhost-cert.pem") };
    const server = createSecureServer(tls, nodeListener(routes, events, errors)) as unknown as Server;
    return Object.assign(await listen(server, "https"), { events, errors });
  },
});
