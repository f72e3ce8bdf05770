import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAnswers, type AnswersOptions } from "@ssekit/answers";
import { EventStreamServer, type EventStreamOptions } from "@ssekit/express";
import type { LanguageModel } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import { onTestFinished, vi } from "vitest";
import { answerOptions } from "../answer-options.js";
import { createApp } from "../app.js";
import { createChats } from "../chats.js";
import { chunksOf, type Part } from "../mock-model.js";
import { Chat } from "../public/chat.js";

interface StartOptions extends AnswersOptions {
  model: LanguageModel;
  chats?: ReturnType<typeof createChats>;
  events?: EventStreamOptions;
  pageScript?: string;
}

/** Starts the app on a free port. */
export async function startApp({
  model,
  chats = createChats(),
  events: eventOptions = {},
  pageScript = "",
  ...options
}: StartOptions) {
  const errors: unknown[] = [];
  const events = new EventStreamServer(eventOptions);
  const answers = createAnswers({ ...answerOptions, onError: (error) => errors.push(error), ...options });
  const server = createApp({ model, chats, answers, events, pageScript }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    await answers.close();
    await events.close({ grace: 100 });
    server.closeAllConnections();
    server.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    /** A client of the AI SDK. */
    open: (id: string) => new Chat({ id, api: `${address}/api/chat` }),
    drain: () => events.close({ grace: 0 }),
    closeAnswers: () => answers.close(),
    /** Cuts every connection to the app. */
    cut: () => server.closeAllConnections(),
    /** What the log of the server is told. */
    errors,
  };
}

/** A model that writes what the test says, when the test says it. */
export function createDictatedModel() {
  let controller!: ReadableStreamDefaultController<Part>;
  const model = new MockLanguageModelV3({
    doStream: async ({ abortSignal }) => ({
      stream: new ReadableStream<Part>({
        start(started) {
          controller = started;
          abortSignal?.addEventListener("abort", () => started.error(abortSignal.reason)); // as `fetch` does
        },
      }),
    }),
  });
  const asked = (times = 1) => vi.waitUntil(() => model.doStreamCalls.length === times, { timeout: 10_000 });
  const [start, textStart] = chunksOf("") as [Part, Part];
  return {
    model,
    /** Waits until the model is asked, and begins the text. */
    async begin(times = 1) {
      await asked(times);
      controller.enqueue(start);
      controller.enqueue(textStart);
    },
    asked,
    write: (delta: string) => controller.enqueue({ type: "text-delta", id: "text", delta }),
    finish() {
      for (const part of chunksOf("").slice(2)) controller.enqueue(part);
      controller.close();
    },
    /** Ends without the part that says why. */
    cut: () => controller.close(),
    calls: () => model.doStreamCalls.length,
    isAborted: () => model.doStreamCalls.at(-1)?.abortSignal?.aborted === true,
  };
}

/** The text of the latest message. */
export function textOf(chat: Chat): string {
  const parts = chat.lastMessage?.role === "assistant" ? chat.lastMessage.parts : [];
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}
