// @ts-check
import { createRequire } from "node:module";
import fastify from "fastify";

// Without its types: @ssekit/fastify too adds an `sse` to the type of a reply, and a program cannot have both.
const { fastifySSE } = createRequire(import.meta.url)("@fastify/sse");

/**
 * The app keeps the open streams and calls `reply.sse.send` on each of them.
 * @type {import("./index.mjs").CreateContender}
 */
export async function fastifySse() {
  /** @type {Set<any>} */
  const replies = new Set();
  const app = fastify();
  await app.register(fastifySSE);
  /** @type {object} */
  const options = { sse: true };
  app.get("/", options, async (/** @type {any} */ _request, /** @type {any} */ reply) => {
    reply.sse.keepAlive();
    reply.sse.onClose(() => void replies.delete(reply));
    reply.sse.sendHeaders();
    reply.raw.write("retry: 3000\n\n");
    replies.add(reply);
  });
  await app.ready();
  return {
    server: app.server,
    open: () => replies.size,
    send(data) {
      for (const reply of replies) void reply.sse.send({ event: "tick", data });
    },
  };
}
