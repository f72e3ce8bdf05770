// @ts-check
import { sse } from "@ssekit/hono";
import { Hono } from "hono";
import { getRuntimeKey } from "hono/adapter";
import { events } from "./events.js";
import { page } from "./page.js";

const app = new Hono();
app.use(sse(events));

app.get("/", (c) => c.html(page));

// Open until the reader leaves. Whatever runtime this is on, it tells it.
app.get("/clock", (c) =>
  c.var.sse((stream) => {
    /** @type {ReturnType<typeof setTimeout>} */
    let timer;
    const tick = () => {
      const now = Date.now();
      stream.send({ event: "tick", data: { now, runtime: getRuntimeKey() } });
      timer = setTimeout(tick, 1005 - (now % 1000)); // just after the next full second, for a timer may be early
    };
    tick();
    stream.signal.addEventListener("abort", () => clearTimeout(timer));
  }),
);

// What Bun, Deno and Workers start; server.js starts it on Node.
export default app;
