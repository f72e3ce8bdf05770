// @ts-check
import { Hono } from "hono";
import { page } from "./page.js";

export { Room } from "./room.js";

/** @typedef {{ Bindings: { ROOMS: { idFromName(name: string): unknown, get(id: unknown): { fetch(request: Request): Promise<Response> } } } }} Env */

const app = /** @type {Hono<Env>} */ (new Hono());

app.get("/", (c) => c.html(page));

// Each room has one object, which answers.
app.all("/rooms/:room/*", (c) => {
  const rooms = c.env.ROOMS;
  return rooms.get(rooms.idFromName(c.req.param("room"))).fetch(c.req.raw);
});

export default app;
