import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { encode } from "@ssekit/core";
import { onTestFinished } from "vitest";
import { listen } from "../support/listen.js";

/** One request for the text of an answer. */
interface Generation {
  /** The pid of the node that asked. */
  readonly node: number;
  readonly startedAt: number;
  /** How many tokens were written. */
  tokens: number;
  /** Whether the node closed the connection before the last token. */
  aborted: boolean;
}

interface Prompt {
  readonly tokens: readonly string[];
  /** Returns the milliseconds before the next token. */
  readonly interval: () => number;
}

/** An upstream that writes the text of answers, token by token, and counts how often it was asked for each. */
export interface Generator {
  readonly url: string;
  /** Says what to write for a key. */
  prompt(key: string, prompt: Prompt): void;
  /** The requests for a key. */
  generations(key: string): readonly Generation[];
}

/** Starts an upstream. It is closed when the test finishes. */
export async function startGenerator(): Promise<Generator> {
  const prompts = new Map<string, Prompt>();
  const generations = new Map<string, Generation[]>();
  const server = createServer((req, res) => {
    const key = req.url!.slice(1);
    generations.set(key, [...(generations.get(key) ?? []), generate(req, res, prompts.get(key)!)]);
  });
  const { url, cut, close } = await listen(server);
  onTestFinished(() => {
    cut();
    return close();
  });
  return {
    url,
    prompt: (key, prompt) => void prompts.set(key, prompt),
    generations: (key) => generations.get(key) ?? [],
  };
}

function generate(req: IncomingMessage, res: ServerResponse, { tokens, interval }: Prompt): Generation {
  const node = Number(req.headers["x-node"]);
  const generation: Generation = { node, startedAt: performance.now(), tokens: 0, aborted: false };
  let timer: NodeJS.Timeout | undefined;
  res.on("close", () => {
    clearTimeout(timer);
    generation.aborted = !res.writableEnded;
  });
  res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  const next = (): void => {
    const token = tokens[generation.tokens];
    if (token === undefined) return void res.end(encode({ data: "[DONE]" }));
    generation.tokens++;
    res.write(encode({ data: token }));
    timer = setTimeout(next, interval());
  };
  timer = setTimeout(next, interval());
  return generation;
}
