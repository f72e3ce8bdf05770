// @ts-check
// The stream of an SDK as a source. Its items are objects, and `toMessage` makes a message from each of them.
//
//   node examples/recipes/sdk-stream.js
//   curl -N http://127.0.0.1:3000/openai
//   curl -N http://127.0.0.1:3000/anthropic
import { setTimeout as wait } from "node:timers/promises";
import { EventStreamServer, sse } from "@ssekit/express";
import express from "express";
import { start } from "./start.js";

const events = new EventStreamServer();
const app = express();
app.use(sse(events));

// With `signal`, the request to the provider is aborted when the client leaves. With `once`, an EventSource that reconnects
// does not start the generation again, which would cost money again.
app.get("/openai", (_req, res) => {
  res.sse(({ signal }) => openai.chat.completions.create({ model: "some-model", stream: true }, { signal }), {
    once: true,
    // The client gets only the text, and not the other fields of the provider's objects.
    toMessage: ({ choices }) => ({
      event: "text",
      data: choices[0]?.delta.content ?? "",
    }),
  });
});

app.get("/anthropic", (_req, res) => {
  res.sse(({ signal }) => anthropic.messages.create({ model: "some-model", stream: true }, { signal }), {
    once: true,
    // The client gets the provider's objects unchanged. Their types are not used as event types, because one of them is
    // `error`: such an event would reach the handler of EventSource's own error event.
    toMessage: (object) => ({ data: object }),
  });
});

// The rest of this file stands in for `new OpenAI()` and `new Anthropic()`. Their `create` also resolves to an async iterable.

/** @typedef {{ choices: { delta: { content?: string }, finish_reason: string | null }[] }} Chunk */

const words = ["Hello, ", "世界 ", "👋"];

const openai = {
  chat: {
    completions: {
      /**
       * @param {{ model: string, stream: true }} _body
       * @param {{ signal: AbortSignal }} options
       * @returns {Promise<AsyncIterable<Chunk>>}
       */
      async create(_body, { signal }) {
        return slowly(signal, [
          ...words.map((content) => ({ choices: [{ delta: { content }, finish_reason: null }] })),
          { choices: [{ delta: {}, finish_reason: "stop" }] },
        ]);
      },
    },
  },
};

const anthropic = {
  messages: {
    /**
     * @param {{ model: string, stream: true }} _body
     * @param {{ signal: AbortSignal }} options
     * @returns {Promise<AsyncIterable<{ type: string }>>}
     */
    async create(_body, { signal }) {
      return slowly(signal, [
        { type: "message_start" },
        ...words.map((text) => ({ type: "content_block_delta", delta: { type: "text_delta", text } })),
        { type: "message_stop" },
      ]);
    },
  },
};

/**
 * @template T
 * @param {AbortSignal} signal
 * @param {T[]} items
 */
async function* slowly(signal, items) {
  for (const item of items) {
    await wait(50, undefined, { signal });
    yield item;
  }
}

start(app, events);
