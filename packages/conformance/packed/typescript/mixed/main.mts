import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import * as commonjs from "./apps.cjs";
import * as esm from "./apps.mjs";

const frameworks = ["Express", "Koa", "Hono", "Fastify"] as const;

/** Opens a stream of an app. Closes the stream through the `EventStreamServer` that was passed to the app. */
async function run(name: string, app: RequestListener, events: commonjs.EventStreamServer): Promise<void> {
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const response = await fetch(url, {
    headers: { accept: "text/event-stream" },
    signal: AbortSignal.timeout(5_000),
  });
  const open = events.streams.size;
  await events.close({ grace: 1_000 });
  const data = /^data: (.*)$/m.exec(await response.text())?.[1];
  console.log(`${name}: ${data}; ${open} open, then ${events.streams.size}`);
  server.close();
}

// The CommonJS apps get the server and the source of the ESM module, and the ESM apps those of the CommonJS module.
for (const framework of frameworks) {
  const events = new esm.EventStreamServer();
  await run(`${framework} from CommonJS`, commonjs.apps[framework](events, esm.greet), events);
}
for (const framework of frameworks) {
  const events = new commonjs.EventStreamServer();
  await run(`${framework} from ESM`, esm.apps[framework](events, commonjs.greet), events);
}
