// @ts-check
import { createChannel } from "@ssekit/core";
import { sse } from "@ssekit/hono";
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import { SqlLog } from "./sql-log.js";

/** One room. All requests for it reach this one object, wherever they come from, so it can own their streams. */
export class Room extends DurableObject {
  /** @type {Hono} */
  #app;

  /**
   * @param {any} ctx
   * @param {any} env
   */
  constructor(ctx, env) {
    super(ctx, env);
    const messages = createChannel({ log: new SqlLog(ctx.storage, { events: 1_000, age: 24 * 3_600_000 }) });

    this.#app = new Hono()
      .use(sse())
      // A new client gets what is kept. A client that comes back gets what it has missed.
      .get("/rooms/:room/events", (c) =>
        c.var.sse((stream) => messages.subscribe(stream, { from: "oldest" })),
      )
      .post("/rooms/:room/messages", async (c) => {
        const id = await messages.publish({ event: "message", data: await c.req.json() });
        return c.json({ id }, 201);
      })
      .get("/rooms/:room/online", (c) => c.json({ online: messages.size }));
  }

  /**
   * @override
   * @param {Request} request
   */
  fetch(request) {
    return this.#app.fetch(request, this.env, this.ctx);
  }
}
