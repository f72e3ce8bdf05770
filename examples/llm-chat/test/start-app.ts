import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setImmediate, setTimeout as wait } from "node:timers/promises";
import { createAnswers, type AnswersOptions } from "@ssekit/answers";
import { EventStreamServer } from "@ssekit/express";
import { onTestFinished } from "vitest";
import { answerOptions } from "../answer-options.js";
import { createApp } from "../app.js";
import { chunksOf, startReplay } from "../replay.js";
import { replyTo } from "../replies.js";

/** The `data` of each event of the usual reply, except `[DONE]`. */
export const recorded = chunksOf(replyTo("hello"));

interface StartOptions extends AnswersOptions {
  /** Milliseconds for which the replay waits after each piece. */
  pause?: number;
  retry?: number;
  countsItself?: boolean;
  /** Whether the replay stops where the test says. */
  stepwise?: boolean;
}

/** Starts the app on a free port, with a replay that does not wait. */
export async function startApp({
  pause = 0,
  retry = 3000,
  countsItself = true,
  stepwise = false,
  ...options
}: StartOptions = {}) {
  const errors: unknown[] = [];
  let sent = 0;
  let allowed = stepwise ? 0 : Infinity;
  const upstream = await startReplay({
    pause: async () => {
      await (pause > 0 ? wait(pause) : setImmediate());
      for (sent += 1; sent > allowed;) await wait(2);
    },
  });
  const events = new EventStreamServer({ retry, onError: (error) => errors.push(error) });
  const counted = { ...upstream, countsItself };
  const answers = createAnswers({ ...answerOptions, onError: (error) => errors.push(error), ...options });
  const app = createApp({ upstream: counted, answers, events });
  const requests: string[] = [];
  const server = app.listen(0, "127.0.0.1");
  server.on("request", ({ url = "" }) => requests.push(url));
  await once(server, "listening");
  onTestFinished(async () => {
    allowed = Infinity;
    await answers.close();
    await events.close({ grace: 100 });
    server.closeAllConnections();
    server.close();
    upstream.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = (form: string | Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${address}/answers`, { method: "POST", body: new URLSearchParams(form), headers });
  return {
    address,
    /** Posts the form. */
    ask,
    /** Asks a question, and returns the id of the answer. */
    start: async (prompt: string) => (await ask({ prompt })).text(),
    /** Reads all events of an answer, up to its end. */
    read: async (id: string) => parse(await (await fetch(`${address}/answers/${id}`)).text()),
    stop: (id: string, headers: Record<string, string> = {}) =>
      fetch(`${address}/answers/${id}`, { method: "DELETE", headers }),
    /** Closes the answers, as the server does when it is stopped. */
    closeAnswers: () => answers.close(),
    /** What the log of the server is told. */
    errors: () => errors,
    counts: () => ({ ...upstream.counters.counts }),
    requests: () => requests,
    /** Lets the replay of a `stepwise` app continue until it has sent this number of pieces. */
    allow: (pieces: number) => (allowed = pieces),
    /** Cuts every connection to the app. */
    cut: () => server.closeAllConnections(),
    stopUpstream: () => upstream.close(),
  };
}

interface ReceivedEvent {
  type: string;
  data: string;
}

/** Parses the events of a stream. This parser is simple, and independent of the code that is tested. */
export function parse(stream: string): ReceivedEvent[] {
  return stream
    .split("\n\n")
    .map((block) => block.split("\n"))
    .filter((lines) => lines.some((line) => line.startsWith("data:")))
    .map((lines) => ({
      type: lines.find((line) => line.startsWith("event: "))?.slice("event: ".length) ?? "message",
      data: lines
        .filter((line) => line.startsWith("data: "))
        .map((line) => line.slice("data: ".length))
        .join("\n"),
    }));
}

/** Returns the `data` of the provider's own events. */
export function messages(events: ReceivedEvent[]): string[] {
  return events.filter(({ type }) => type === "message").map(({ data }) => data);
}
