// @ts-check
import { createServer } from "node:http";
import { Redis } from "ioredis";
import { createResumableStreamContext } from "resumable-stream/generic";
import { startRedis } from "./redis.mjs";
import { Tokens } from "./tokens.mjs";

/** The client that starts an answer reads it without Redis. */
export const firstReader = resumableStream(async (context, key, makeStream) => {
  return await context.resumableStream(key, makeStream);
});

/** The client that starts an answer has left, for instance because its page was reloaded. */
export const resumedReader = resumableStream(async (context, key, makeStream, isNew) => {
  if (isNew) await (await context.createNewResumableStream(key, makeStream))?.cancel();
  return await context.resumeExistingStream(key);
});

/** @typedef {import("resumable-stream/generic").ResumableStreamContext} Context */

/**
 * Each path is a stream. It is read with `connect`.
 * @param {(context: Context, key: string, makeStream: () => ReadableStream<string>, isNew: boolean) => Promise<ReadableStream<string> | null | undefined>} connect
 * @returns {import("./index.mjs").CreateContender}
 */
function resumableStream(connect) {
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
    const server = createServer(async (req, res) => {
      const key = req.url ?? "/";
      const isNew = !tokens.has(key);
      const makeStream = () => tokens.open(key);
      res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      res.write("retry: 3000\n\n");
      const stream = await connect(context, key, makeStream, isNew);
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
