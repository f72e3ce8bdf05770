import { Audience } from "./audience.js";
import type {
  Channel,
  ChannelMessage,
  ChannelOptions,
  ChannelSource,
  EventMap,
  SubscribeOptions,
  Subscription,
} from "./channel.js";
import type { EventLog } from "./event-log.js";
import type { EventStream } from "../stream/event-stream.js";
import { callSafely } from "../stream/hooks.js";
import { MemoryLog } from "./memory-log.js";
import { Publisher } from "./publisher.js";
import { Selection } from "./selection.js";
import { SseError, describe } from "../sse-error.js";
import { portOf } from "../stream/stream-port.js";
import { Subscriber } from "./subscriber.js";

/** A channel over a log: a publisher and an audience. */
export class LogChannel implements Channel {
  readonly #log: EventLog;
  readonly #publisher: Publisher;
  readonly #audience: Audience;
  readonly #onError: (error: unknown) => void;
  #closing: Promise<void> | undefined;
  // How many calls are under way, and when the last began or was over.
  #calls = 0;
  #usedAt = performance.now();

  constructor(options: ChannelOptions) {
    checkOptions(options);
    this.#onError = options.onError ?? ((error) => console.error(error));
    this.#log = options.log ?? new MemoryLog(options.history);
    this.#audience = new Audience(this.#log, options, (error) => this.#report(error));
    this.#publisher = new Publisher(this.#log, options, this.#audience);
  }

  publish(message: ChannelMessage<EventMap>): Promise<string> {
    return this.#told(() => this.#publisher.publish(message));
  }

  publishAll(source: ChannelSource<unknown>): Promise<void> {
    return this.#told(() => this.#publisher.publishAll(source));
  }

  end(message?: { event?: string; data?: unknown }): Promise<void> {
    return this.#told(() => this.#publisher.end(message));
  }

  subscribe(stream: EventStream, options: SubscribeOptions = {}): Subscription {
    checkSubscription(options);
    const port = portOf(stream);
    if (this.#closing !== undefined)
      throw new SseError("ERR_SSE_CHANNEL_CLOSED", "The channel is closed: nobody can subscribe");
    if (port.closed) return { unsubscribe() {} };
    const { topics, filter, from, snapshot } = options;
    const subscriber = new Subscriber(port, this.#audience, {
      selection: new Selection(topics, filter),
      snapshot,
    });
    port.attach(subscriber);
    this.#usedAt = performance.now();
    const { id, unknown } = port.requested;
    this.#audience.join(subscriber, stream, () => {
      if (id !== undefined || unknown) subscriber.start({ after: id ?? "", seen: true });
      else if (from === undefined) subscriber.start("tail");
      else subscriber.start(from === "start" ? from : { after: from, seen: false });
    });
    return { unsubscribe: () => subscriber.leave() };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#publisher.close();
    this.#audience.close();
    await this.#log.close();
  }

  get size(): number {
    return this.#audience.size;
  }

  get topics(): ReadonlyMap<string, number> {
    return this.#audience.topics;
  }

  /** Since when nobody has used the channel, in milliseconds of `performance.now()`; `Infinity` while it is used. */
  get idleSince(): number {
    return this.#audience.size > 0 || this.#calls > 0
      ? Infinity
      : Math.max(this.#usedAt, this.#audience.leftAt);
  }

  /** Runs what need not be awaited: its error is rejected, and told to `onError`. */
  #told<T>(call: () => T | Promise<T>): Promise<T> {
    this.#used(1);
    let result: Promise<T>;
    try {
      result = Promise.resolve(call());
    } catch (error) {
      result = Promise.reject(error);
    }
    result.then(
      () => this.#used(-1),
      (error: unknown) => {
        this.#used(-1);
        this.#report(error);
      },
    );
    return result;
  }

  #used(calls: number): void {
    this.#calls += calls;
    this.#usedAt = performance.now();
  }

  #report(error: unknown): void {
    callSafely(
      () => this.#onError(error),
      (thrown) => console.error(thrown),
    );
  }
}

function checkOptions(options: ChannelOptions): void {
  const known = [
    "history",
    "log",
    "serialize",
    "schemas",
    "flushInterval",
    "onSubscribe",
    "onUnsubscribe",
    "onLag",
    "onReset",
    "onError",
  ];
  for (const name of Object.keys(options))
    expect(known.includes(name), name, `one of ${known.join(", ")}`, name);
  const { history, log, flushInterval } = options;
  expect(
    history === undefined || log === undefined,
    "history",
    "none: it is of the MemoryLog, and there is another log",
    history,
  );
  const isInterval =
    flushInterval === undefined ||
    (typeof flushInterval === "number" && flushInterval >= 0 && flushInterval < 2 ** 31);
  expect(isInterval, "flushInterval", "milliseconds from 0", flushInterval);
}

function checkSubscription(options: SubscribeOptions): void {
  const known = ["topics", "filter", "from", "snapshot"];
  for (const name of Object.keys(options))
    expect(known.includes(name), name, `one of ${known.join(", ")}`, name);
  const { topics, filter, from, snapshot } = options;
  const isTopics =
    topics === undefined || (Array.isArray(topics) && topics.every((topic) => typeof topic === "string"));
  expect(isTopics, "topics", "an array of strings", topics);
  expect(filter === undefined || typeof filter === "function", "filter", "a function", filter);
  expect(from === undefined || typeof from === "string", "from", '"start" or an id', from);
  expect(snapshot === undefined || typeof snapshot === "function", "snapshot", "a function", snapshot);
}

function expect(holds: boolean, name: string, expected: string, got: unknown): void {
  if (!holds)
    throw new SseError("ERR_SSE_INVALID_OPTION", `${name}: expected ${expected}, got ${describe(got)}`);
}
