// @ts-check
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { createAnswers } from "@ssekit/answers";
import { EventStreamServer, memoryLogs, open } from "@ssekit/node";
import { openStore } from "../open-store.mjs";
import { startRedis } from "./redis.mjs";
import { Tokens } from "./tokens.mjs";

/** Answers whose logs are in the memory of this process. */
export function answersInMemory() {
  return answersOn(memoryLogs());
}

/** Answers whose logs are in a Redis that this process starts. */
export async function answersOnRedis() {
  const broker = await startRedis();
  const { store } = await openStore({ kind: "redis", url: broker.url }, { history: {} });
  return { ...answersOn(store), broker };
}

/**
 * Each path is an answer, which the first client starts.
 * @param {import("@ssekit/node").LogStore} logs
 * @returns {import("./index.mjs").Contender}
 */
function answersOn(logs) {
  const answers = createAnswers({ logs });
  const events = new EventStreamServer();
  const tokens = new Tokens();
  /** @type {Map<string, Promise<boolean>>} */
  const started = new Map();
  let finished = 0;
  const server = createServer(async (req, res) => {
    const key = req.url ?? "/";
    if (!started.has(key)) started.set(key, answers.start(key, tokens.open(key)));
    await started.get(key);
    answers.subscribe(key, open(req, res, { server: events }));
  });
  return {
    server,
    open: () => events.streams.size,
    send: (data) => tokens.push(() => ({ event: "tick", data })),
    async finish(items) {
      const key = `finished ${finished++}`;
      const source = items.map((data) => ({ event: "tick", data }));
      await answers.start(key, source);
      while ((await answers.state(key)) === "running") await wait(10);
    },
  };
}
