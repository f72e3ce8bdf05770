// @ts-check
import { sse } from "@ssekit/hono";
import { Hono } from "hono";
import { getRuntimeKey } from "hono/adapter";
import { events } from "./events.js";
import { page } from "./page.js";

const app = new Hono();
app.use(sse(events));

app.get("/", (c) => c.html(page));

// The stream is open until the client leaves. Each event names the runtime.
app.get("/clock", (c) =>
  c.var.sse((stream) => {
    /** @type {ReturnType<typeof setTimeout>} */
    let timer;
    const tick = () => {
      const now = Date.now();
      stream.send({ event: "tick", data: { now, runtime: getRuntimeKey() } });
      timer = setTimeout(tick, 1005 - (now % 1000)); // just after the next full second, because a timer may be early
    };
    tick();
    stream.signal.addEventListener("abort", () => clearTimeout(timer));
  }),
);

// Bun, Deno and Workers start this export. On Node, server.js starts it.
export default app;
