// @ts-check
import { simulateReadableStream } from "ai";
import { MockLanguageModelV3 } from "ai/test";

/** @typedef {Awaited<ReturnType<MockLanguageModelV3["doStream"]>>["stream"] extends ReadableStream<infer Part> ? Part : never} Part */

/**
 * The AI SDK's own mock of a model, which needs no key. It repeats the question, slowly, and fails on demand.
 * @param {number} [pause] milliseconds before each word
 */
export function createMockModel(pause = 80) {
  return new MockLanguageModelV3({
    async doStream({ prompt, abortSignal }) {
      const question = textOf(prompt.at(-1));
      if (question === "/refuse") throw new Error("Incorrect API key provided: sk-secret");
      if (question === "/silent") return { stream: silence(abortSignal) };
      const chunks = chunksOf(`You said: “${question}” ${reply}`);
      if (question === "/break")
        chunks.splice(10, Infinity, { type: "error", error: new Error("Overloaded") });
      return { stream: simulateReadableStream({ chunks, initialDelayInMs: pause, chunkDelayInMs: pause }) };
    },
  });
}

const reply =
  "I am a mock and only repeat what I hear. But I do it slowly, so that you can reload this page, open its address in a " +
  "second tab, or stop me from there. Whatever you do, I am asked once. 再见 👋";

/**
 * What a provider of the AI SDK sends for a text.
 * @param {string} text
 * @returns {Part[]}
 */
export function chunksOf(text) {
  return [
    { type: "stream-start", warnings: [] },
    { type: "text-start", id: "text" },
    ...words(text).map((delta) => ({ type: /** @type {const} */ ("text-delta"), id: "text", delta })),
    { type: "text-end", id: "text" },
    {
      type: "finish",
      finishReason: { unified: "stop", raw: "stop" },
      usage: {
        inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 1, text: 1, reasoning: 0 },
      },
    },
  ];
}

/**
 * A stream that ends when it is aborted, as the response of a provider does.
 * @param {AbortSignal | undefined} signal
 * @returns {ReadableStream<Part>}
 */
function silence(signal) {
  return new ReadableStream({
    start(controller) {
      signal?.addEventListener("abort", () => controller.error(signal.reason));
    },
  });
}

/** @param {string} text */
function words(text) {
  return text.match(/\S+\s*/g) ?? [];
}

/** @param {{ content: string | { type: string, text?: string }[] } | undefined} message */
function textOf(message) {
  const content = message?.content ?? "";
  return typeof content === "string" ? content : content.map(({ text = "" }) => text).join("");
}
