import type { Entry, EventLog, History, News } from "@ssekit/core";
import { expect, onTestFinished } from "vitest";
import { until, within } from "../../../conformance/src/support/within.js";
import type { NatsServer } from "../../../conformance/src/support/start-nats.js";
import type { NatsLogsOptions } from "@ssekit/nats";
import { startNode, type NatsNode } from "./nats-node.js";

/** A node that follows a log, and the news that it was told. */
export class FollowedLog {
  readonly node: NatsNode;
  readonly log: EventLog;
  readonly news: News[] = [];

  private constructor(node: NatsNode, history: History | undefined) {
    this.node = node;
    this.log = node.store.open("followed", history);
  }

  /** Starts a node, which is closed when the test finishes. */
  static async start(
    server: NatsServer,
    { history, ...options }: Omit<NatsLogsOptions, "connection"> = {},
  ): Promise<FollowedLog> {
    const node = await startNode(server.port, options);
    onTestFinished(() => node.close());
    const followed = new FollowedLog(node, history);
    await within("tail()", Promise.resolve(followed.log.tail((news) => followed.news.push(news))));
    return followed;
  }

  get told(): Entry[] {
    return this.news.flatMap((news) => ("entries" in news ? news.entries : []));
  }

  get data(): number[] {
    return this.told.map(({ data }) => Number(data));
  }

  get resets(): string[] {
    return this.news.flatMap((news) => ("reset" in news ? [news.reset] : []));
  }

  get statuses(): string[] {
    return this.news.flatMap((news) => ("status" in news ? [news.status] : []));
  }

  /** The entries told since the last reset. */
  get current(): Entry[] {
    const last = this.news.findLastIndex((news) => "reset" in news);
    return this.news.slice(last + 1).flatMap((news) => ("entries" in news ? news.entries : []));
  }

  /** Stores a number, and repeats it with the same key until that is acknowledged. */
  async publish(n: number): Promise<string> {
    for (;;) {
      try {
        const [id] = await this.log.append([{ data: String(n), idempotencyKey: `key ${n}` }]);
        return id!;
      } catch (error) {
        if ((error as { code?: unknown }).code !== "ERR_SSE_LOG_UNAVAILABLE") throw error;
      }
    }
  }

  untilTold(n: number): Promise<void> {
    return until(
      `the node to be told ${n}`,
      () => this.current.some(({ data }) => Number(data) === n),
      15_000,
    );
  }

  /** All entries that the stream keeps. */
  async stored(): Promise<Entry[]> {
    const entries: Entry[] = [];
    let read = await this.log.read("oldest", { events: 10_000, bytes: 1 << 22 });
    for (;;) {
      if ("reset" in read) throw new Error(`expected entries, got the reset ${read.reset}`);
      entries.push(...read.entries);
      if (read.atTail) return entries;
      read = await this.log.read({ after: read.cursor }, { events: 10_000, bytes: 1 << 22 });
    }
  }
}

/** Expects that what a node was told since its last reset is what the stream holds, and before that has no hole either. */
export async function expectNoSilentHole(followed: FollowedLog): Promise<void> {
  const stored = (await followed.stored()).map(({ id }) => id);
  const current = followed.current.map(({ id }) => id);
  expect(current).toEqual(stored.slice(stored.indexOf(current[0]!)));
  let previous: Entry | undefined;
  for (const news of followed.news) {
    if ("reset" in news) previous = undefined;
    for (const entry of "entries" in news ? news.entries : []) {
      if (previous !== undefined) expect(Number(entry.data)).toBe(Number(previous.data) + 1);
      previous = entry;
    }
  }
}
