// @ts-check
import { createAnswers } from "@ssekit/answers";
import { EventStreamServer } from "@ssekit/express";
import { answerOptions } from "./answer-options.js";
import { createApp } from "./app.js";
import { createCounters } from "./counters.js";
import { startReplay } from "./replay.js";

const { PORT = "3000", OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL } = process.env;

if (!(Number(PORT) >= 0 && Number(PORT) < 65536)) fail(`PORT: expected 0 to 65535, got "${PORT}".`);

const upstream = OPENAI_BASE_URL
  ? {
      baseUrl: OPENAI_BASE_URL.replace(/\/+$/, ""),
      apiKey: OPENAI_API_KEY,
      model: OPENAI_MODEL ?? fail("OPENAI_BASE_URL is set, so set OPENAI_MODEL, too: the model to ask."),
      counters: createCounters(),
    }
  : await startReplay();
const events = new EventStreamServer();
const answers = createAnswers(answerOptions);
const app = createApp({ upstream, answers, events });

const server = app.listen(Number(PORT), "127.0.0.1", (/** @type {any} */ error) => {
  if (error?.code === "EADDRINUSE") {
    fail(
      `Port ${PORT} is taken by another program. Choose another one:\n\n  PORT=${Number(PORT) + 1} pnpm demo`,
    );
  }
  if (error) fail(`Cannot listen on port ${PORT}: ${error.message}`);

  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const address = `http://127.0.0.1:${port}`;
  console.log(`
A chat that relays ${OPENAI_BASE_URL ? `${OPENAI_MODEL} at ${OPENAI_BASE_URL}` : "a replayed model's stream"}.

  In a browser:   ${address}
  In a terminal:  curl -N ${address}/answers/$(curl -sd prompt=hello ${address}/answers)

Ctrl+C stops it.`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await answers.close();
    await events.close({ grace: 2000 });
    server.close();
    if ("close" in upstream) upstream.close();
  });
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}
