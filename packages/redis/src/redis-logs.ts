import { SseError, type EventLog, type History, type LogStore } from "@ssekit/core";
import {
  callSafely,
  historyToOpen,
  invalidOption,
  resolveHistory,
  type ResolvedHistory,
} from "@ssekit/core/adapter";
import type { Connection } from "./connection.js";
import { connectionOf } from "./connection-of.js";
import { checkRedisLogsOptions, type RedisLogsErrorContext, type RedisLogsOptions } from "./options.js";
import { randomName } from "./position.js";
import { RedisLog } from "./redis-log.js";
import { Shard } from "./shard.js";
import { SharedLog } from "./shared-log.js";
import { Subscriptions } from "./subscriptions.js";

/**
 * Creates a store of logs on Redis Streams: every node that opens the log of a key sees the same entries.
 *
 * The store sends commands over the client of the app, and opens one more connection on which it hears of new entries.
 * `close()` closes that connection and leaves the client open.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 * @example
 * ```ts
 * const client = await createClient({ url: "redis://localhost" }).on("error", console.error).connect();
 * const logs = redisLogs({ client });
 * const prices = createChannel({ log: logs.open("prices") });
 * ```
 */
export function redisLogs(options: RedisLogsOptions): LogStore {
  checkRedisLogsOptions(options);
  return new RedisLogStore(options);
}

class RedisLogStore implements LogStore {
  readonly #options: Required<Pick<RedisLogsOptions, "prefix" | "timeout" | "checkInterval" | "tags">> &
    RedisLogsOptions;
  readonly #history: ResolvedHistory;
  readonly #connection: Connection;
  readonly #subscriptions: Subscriptions;
  readonly #node = randomName();
  readonly #shards = new Map<string, Shard>();
  readonly #logs = new Map<string, SharedLog>();
  readonly #handles = new Set<RedisLog>();
  #appends = 0;
  #closed = false;

  constructor(options: RedisLogsOptions) {
    const defaults = { prefix: "ssekit:", timeout: 5_000, checkInterval: 1_000, tags: 16 };
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    this.#options = { ...defaults, ...(Object.fromEntries(given) as unknown as RedisLogsOptions) };
    this.#history = resolveHistory("redisLogs", options.history, "history.");
    this.#connection = connectionOf(options.client);
    const checkAll = (): void => {
      for (const shard of this.#shards.values()) shard.check();
    };
    this.#subscriptions = new Subscriptions({
      connection: this.#connection,
      beatChannel: `${this.#options.prefix}node:${this.#node}`,
      timeout: this.#options.timeout,
      onReady: checkAll,
      onLost: (error) => {
        this.#report(error, "subscribe");
        // Redis may be gone. The client's own connection then breaks at the same time, and redis 5 gives the replies of
        // later commands to the wrong callers if a command is sent at that very moment.
        setTimeout(checkAll, 100);
      },
    });
  }

  get status(): EventLog["status"] {
    if (this.#closed) return "closed";
    return [...this.#shards.values()].some(({ status }) => status === "down") ? "down" : "ready";
  }

  open(key: string, history?: History): EventLog {
    // UTF-8 does not tell lone surrogates apart, so two logs would share their keys in Redis.
    if (typeof key !== "string" || /\p{Surrogate}/u.test(key)) {
      throw invalidOption("open: key", "a string without lone surrogates", key);
    }
    const resolved = historyToOpen(history, this.#history);
    if (this.#closed) throw new SseError("ERR_SSE_CHANNEL_CLOSED", "The store is closed: no log was opened");
    const shared = this.#logs.get(key) ?? this.#create(key, resolved);
    this.#logs.set(key, shared);
    shared.handles++;
    const handle = new RedisLog(shared, () => {
      this.#handles.delete(handle);
      if (--shared.handles > 0) return;
      shared.close();
      this.#logs.delete(key);
    });
    this.#handles.add(handle);
    return handle;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#handles].map((handle) => handle.close()));
    for (const shard of this.#shards.values()) shard.close();
    this.#subscriptions.close();
  }

  #create(key: string, history: ResolvedHistory): SharedLog {
    const { prefix, tags, timeout, whenDown } = this.#options;
    const tag = this.#connection.isCluster ? String(hash(key) % tags) : "0";
    const metaKey = `${prefix}{${tag}}:${key}:m`;
    const shard = this.#shards.get(tag) ?? this.#createShard(tag, metaKey);
    return new SharedLog({
      metaKey,
      history,
      shard,
      subscriptions: this.#subscriptions,
      node: this.#node,
      timeout,
      waits: whenDown === "wait",
      nextNumber: () => ++this.#appends,
      report: (error, stage) => this.#report(error, stage),
    });
  }

  #createShard(tag: string, key: string): Shard {
    const { timeout, checkInterval } = this.#options;
    const shard = new Shard(
      {
        connection: this.#connection,
        timeout,
        checkInterval,
        beat: () => this.#subscriptions.beat(),
        onDown: (error) => this.#report(error, "command"),
      },
      key,
    );
    this.#shards.set(tag, shard);
    return shard;
  }

  #report(error: unknown, stage: RedisLogsErrorContext["stage"]): void {
    const { onError } = this.#options;
    if (onError !== undefined) callSafely(() => onError(error, { stage }), console.error);
    else if (stage === "listener") console.error(error);
  }
}

/** FNV-1a. All nodes must give a key the same tag. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
