import http from "node:http";
import { createAnswers, type Answers, type AnswersOptions } from "@ssekit/answers";
import { listen } from "@ssekit/conformance";
import type { ChannelSource } from "@ssekit/core";
import { EventStreamServer, open } from "@ssekit/node";
import { onTestFinished } from "vitest";

/** A small app: `POST /<key>` starts an answer, `GET /<key>` reads it and `DELETE /<key>` stops it. */
export interface ChatServer {
  readonly url: string;
  readonly answers: Answers;
  /** The number of requests of each method. */
  readonly requests: Record<string, number>;
  /** Destroys all connections, as a proxy or a bad network does. */
  cut(): void;
}

/** Starts the app on `node:http`. It is closed when the test finishes. */
export async function startChatServer(
  ask: (key: string) => ChannelSource,
  options: AnswersOptions = {},
): Promise<ChatServer> {
  const answers = createAnswers({ onError: () => {}, ...options });
  const events = new EventStreamServer({ retry: 50, onError: () => {} });
  const requests: Record<string, number> = {};
  const server = http.createServer((req, res) => {
    const key = decodeURIComponent(req.url!.split("?")[0]!.slice(1));
    requests[req.method!] = (requests[req.method!] ?? 0) + 1;
    if (key === "page") return void res.setHeader("content-type", "text/html").end("<body></body>");
    if (req.method === "GET") return void answers.subscribe(key, open(req, res, { server: events }));
    const done = req.method === "POST" ? answers.start(key, ask(key)) : answers.stop(key);
    done.then(
      (result) => res.end(JSON.stringify(result)),
      (error: unknown) => res.writeHead(500).end(String(error)),
    );
  });
  const { url, cut, close } = await listen(server);
  onTestFinished(async () => {
    await answers.close();
    await events.close({ grace: 0 });
    cut();
    await close();
  });
  return { url, answers, requests, cut };
}
