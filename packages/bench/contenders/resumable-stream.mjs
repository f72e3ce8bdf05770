// @ts-check
import { createServer } from "node:http";
import { Redis } from "ioredis";
import { createResumableStreamContext } from "resumable-stream/generic";
import { startRedis } from "./redis.mjs";
import { Tokens } from "./tokens.mjs";

/** The client that starts an answer reads it without Redis. */
export const firstReader = resumableStream(true);

/** The client that starts an answer has left, for instance because its page was reloaded. */
export const resumedReader = resumableStream(false);

/**
 * Each path is a stream, which the first client starts.
 * @param {boolean} isReadByFirst whether the first client reads it directly. All other clients resume.
 * @returns {import("./index.mjs").CreateContender}
 */
function resumableStream(isReadByFirst) {
  return async () => {
    const broker = await startRedis();
    const context = createResumableStreamContext({
      waitUntil: () => {},
      publisher: /** @type {any} */ (new Redis(broker.url)),
      subscriber: /** @type {any} */ (new Redis(broker.url)),
    });
    const tokens = new Tokens();
    let open = 0;
    let finished = 0;
    /** @type {Map<string, Promise<ReadableStream<string> | null>>} */
    const started = new Map();
    /** @param {string} key */
    const connect = async (key) => {
      const isFirst = !started.has(key);
      if (isFirst)
        started.set(
          key,
          context.createNewResumableStream(key, () => tokens.open(key)),
        );
      const stream = await started.get(key);
      if (isFirst && isReadByFirst) return stream;
      if (isFirst) await stream?.cancel();
      return await context.resumeExistingStream(key);
    };
    const server = createServer(async (req, res) => {
      res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      res.write("retry: 3000\n\n");
      const stream = await connect(req.url ?? "/");
      open++;
      res.on("close", () => open--);
      for await (const text of /** @type {any} */ (stream)) res.write(text);
      res.end();
    });
    return {
      server,
      broker,
      open: () => open,
      send: (data) => tokens.push(() => block(data)),
      async finish(items) {
        const makeStream = () =>
          new ReadableStream({
            start(controller) {
              for (const item of items) controller.enqueue(block(item));
              controller.close();
            },
          });
        const stream = await context.createNewResumableStream(`finished ${finished++}`, makeStream);
        for await (const _ of /** @type {any} */ (stream));
      },
    };
  };
}

/** @param {unknown} data */
function block(data) {
  return `event: tick\ndata: ${JSON.stringify(data)}\n\n`;
}
