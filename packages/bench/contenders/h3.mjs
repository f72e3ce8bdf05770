// @ts-check
import { createServer } from "node:http";
import { createEventStream, H3, toNodeHandler } from "h3";

/**
 * `createEventStream` of h3. The app keeps the open streams and calls `push` on each of them.
 * @type {import("./index.mjs").CreateContender}
 */
export function h3() {
  /** @type {Set<ReturnType<typeof createEventStream>>} */
  const streams = new Set();
  const app = new H3();
  app.get("/", (event) => {
    const stream = createEventStream(event);
    void stream.pushComment("hello"); // so that the client gets the head at once
    streams.add(stream);
    stream.onClosed(() => void streams.delete(stream));
    return stream;
  });
  return {
    server: createServer(/** @type {import("node:http").RequestListener} */ (toNodeHandler(app))),
    open: () => streams.size,
    send(data) {
      const text = JSON.stringify(data); // `push` takes only strings
      for (const stream of streams) void stream.push({ event: "tick", data: text });
    },
  };
}
