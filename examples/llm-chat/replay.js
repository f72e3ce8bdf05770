// @ts-check
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { createCounters } from "./counters.js";
import { replyTo, tokensOf } from "./replies.js";

const done = "data: [DONE]\r\n\r\n";

/** Questions to which the replay answers that it cannot answer. Each has the body that a provider sends. */
const refusals = {
  "/401": { status: 401, code: "invalid_api_key", message: "Incorrect API key provided." },
  "/429": { status: 429, code: "rate_limit_exceeded", message: "Rate limit reached for requests." },
};

/** The number of chunks after which `/break` and `/error` fail. */
const chunksBeforeFailure = 50;

/**
 * A stand-in for an OpenAI-compatible endpoint. It answers with recorded answers, cut into the worst pieces that a network
 * can make. It counts its own calls, so an abort in its counters has really reached it.
 * @param {{ pause?: () => Promise<unknown> }} [options] `pause` is awaited after each piece; a token has four pieces
 */
export async function startReplay({ pause = () => wait(5) } = {}) {
  const counters = createCounters();

  const server = createServer(async (request, response) => {
    let failed = false;
    counters.add("called");
    response.on("close", () => {
      counters.add(failed ? "failed" : response.writableFinished ? "completed" : "aborted");
    });

    const question = await lastMessage(request);
    const refusal = refusals[/** @type {keyof typeof refusals} */ (question)];
    if (refusal) {
      failed = true;
      response.writeHead(refusal.status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: refusal }));
      return;
    }

    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.flushHeaders();
    if (question === "/silent") return; // until the client leaves

    for (const [index, data] of chunksOf(replyTo(question)).entries()) {
      if (index === chunksBeforeFailure && question === "/error") {
        failed = true;
        response.end(`data: ${JSON.stringify({ error: { code: 502, message: "Overloaded." } })}\r\n\r\n`);
        return;
      }
      for (const piece of awkwardPieces(data)) {
        if (response.destroyed) return;
        response.write(piece);
        await pause();
        if (index === chunksBeforeFailure && question === "/break") {
          failed = true;
          response.destroy();
          return;
        }
      }
    }
    response.end(done); // in one piece, so that a client that leaves after it has the whole answer
  });

  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    model: "replay",
    counters,
    countsItself: true,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** @param {import("node:http").IncomingMessage} request */
async function lastMessage(request) {
  try {
    const { messages } = /** @type {any} */ (await json(request));
    return messages.at(-1).content;
  } catch {
    return ""; // the client left before its question was complete
  }
}

/**
 * A text in the format of OpenAI's chat completions: one JSON object for each token.
 * @param {string} text
 */
export function chunksOf(text) {
  return [
    chunk({ role: "assistant", content: "" }),
    ...tokensOf(text).map((content) => chunk({ content })),
    chunk({}, "stop"),
  ];
}

/**
 * @param {{ role?: string, content?: string }} delta
 * @param {string | null} [finishReason]
 */
function chunk(delta, finishReason = null) {
  return JSON.stringify({
    id: "chatcmpl-replay",
    object: "chat.completion.chunk",
    created: 1767225600,
    model: "replay",
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  });
}

/**
 * Cuts an event inside its field name, inside its first non-ASCII character, and inside both line ends.
 * Lines end in CRLF, as some providers send them.
 * @param {string} data
 */
function* awkwardPieces(data) {
  const bytes = Buffer.from(`data: ${data}\r\n\r\n`);
  const insideCharacter = bytes.findIndex((byte) => byte > 0x7f) + 1;
  let start = 0;
  for (const end of [2, insideCharacter, bytes.length - 3, bytes.length - 1, bytes.length]) {
    if (end > start) yield bytes.subarray(start, end);
    start = Math.max(start, end);
  }
}
