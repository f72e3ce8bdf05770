// @ts-check
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { createCounters } from "./counters.js";

const recording = readFileSync(new URL("recording.sse", import.meta.url), "utf8");
const done = "data: [DONE]\n\n";

/** Questions that the replay answers with a failure. Each has the body that a provider sends. */
const failures = {
  "/401": { status: 401, code: "invalid_api_key", message: "Incorrect API key provided." },
  "/429": { status: 429, code: "rate_limit_exceeded", message: "Rate limit reached for requests." },
};

/**
 * A stand-in for an OpenAI-compatible endpoint. It answers every question with the same recorded answer, cut into the worst
 * pieces that a network can make. It counts its own calls, so an abort in its counters has really reached it.
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
    const failure = failures[/** @type {keyof typeof failures} */ (question)];
    if (failure) {
      failed = true;
      response.writeHead(failure.status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: failure }));
      return;
    }

    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    let sent = 0;
    for (const piece of awkwardPieces(recording.slice(0, -done.length))) {
      if (response.destroyed) return;
      if (question === "/break" && ++sent === 200) {
        failed = true;
        response.destroy();
        return;
      }
      response.write(piece);
      await pause();
    }
    response.end(done.replaceAll("\n", "\r\n")); // in one piece, so that a client that leaves after it has the whole answer
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
 * Cuts every event inside its field name, inside its first non-ASCII character, and inside both line ends.
 * Lines end in CRLF, as some providers send them.
 * @param {string} text
 */
function* awkwardPieces(text) {
  for (const event of text.match(/[^\n]+\n\n/g) ?? []) {
    const bytes = Buffer.from(event.replaceAll("\n", "\r\n"));
    const insideCharacter = bytes.findIndex((byte) => byte > 0x7f) + 1;
    let start = 0;
    for (const end of [2, insideCharacter, bytes.length - 3, bytes.length - 1, bytes.length]) {
      if (end > start) yield bytes.subarray(start, end);
      start = Math.max(start, end);
    }
  }
}
