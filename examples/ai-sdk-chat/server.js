// @ts-check
import { createAnswers } from "@ssekit/answers";
import { EventStreamServer } from "@ssekit/express";
import { answerOptions } from "./answer-options.js";
import { createApp } from "./app.js";
import { bundlePage } from "./bundle.js";
import { createChats } from "./chats.js";
import { createMockModel } from "./mock-model.js";

const { PORT = "3000", AI_MODEL } = process.env;

const events = new EventStreamServer();
const answers = createAnswers(answerOptions);
const app = createApp({
  model: AI_MODEL ?? createMockModel(),
  chats: createChats(),
  answers,
  events,
  pageScript: await bundlePage(),
});

const server = app.listen(Number(PORT), "127.0.0.1", (/** @type {any} */ error) => {
  if (error) {
    console.error(`Cannot listen on port ${PORT}: ${error.message}. Choose another one with PORT=3001.`);
    process.exit(1);
  }
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(
    `A chat with ${AI_MODEL ?? "the AI SDK's mock model"}: http://127.0.0.1:${port}\nCtrl+C stops it.`,
  );
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await answers.close(); // the clients are told that their answers have failed
    await events.close({ grace: 2000 });
    server.close();
  });
}
