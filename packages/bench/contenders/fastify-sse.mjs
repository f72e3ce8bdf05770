// @ts-check
import { fastifySSE } from "@fastify/sse";
import fastify from "fastify";

/**
 * The app keeps the open streams and calls `reply.sse.send` on each of them.
 * @type {import("./index.mjs").CreateContender}
 */
export async function fastifySse() {
  /** @type {Set<import("fastify").FastifyReply>} */
  const replies = new Set();
  const app = fastify();
  await app.register(fastifySSE);
  app.get("/", { sse: true }, async (_request, reply) => {
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
