import type { EventStream } from "../stream/event-stream.js";
import { callSafely } from "../stream/hooks.js";
import { portOf } from "../stream/stream-port.js";
import { SUBSCRIPTION, type Subscription } from "../stream/subscription.js";
import { SseError } from "../sse-error.js";
import { Audience } from "./audience.js";
import { checkChannelOptions, checkSubscribeOptions } from "./channel-options.js";
import type { ChannelEnd, ChannelMessage, ChannelSource } from "./channel-message.js";
import type { Channel, ChannelOptions, ChannelStage, SubscribeOptions } from "./channel.js";
import type { EventLog } from "./event-log.js";
import { MemoryLog } from "./memory-log.js";
import { Publisher } from "./publisher.js";
import { EVERYTHING, Selection } from "./selection.js";
import { Subscriber } from "./subscriber.js";

/** Is called when a channel is used, when it has become idle (no subscriber and no call in progress), and when it closes. */
export interface UseListener {
  used(channel: LogChannel): void;
  idle(channel: LogChannel): void;
  closed(channel: LogChannel): void;
}

/** A channel on a log. It consists of a publisher and an audience. */
export class LogChannel implements Channel {
  readonly #log: EventLog;
  readonly #publisher: Publisher;
  readonly #audience: Audience;
  readonly #onError: NonNullable<ChannelOptions["onError"]>;
  readonly #listener: UseListener | undefined;
  #closing: Promise<void> | undefined;
  // Number of calls of publish, publishAll and end that have not settled.
  #calls = 0;
  // The error of a source of publishAll. end() rejects with the same error, which is not reported a second time.
  #sourceError: unknown;

  constructor(options: ChannelOptions, listener?: UseListener) {
    checkChannelOptions(options);
    this.#onError = options.onError ?? ((error) => console.error(error));
    this.#listener = listener;
    this.#log = options.log ?? new MemoryLog(options.history);
    this.#audience = new Audience(
      this.#log,
      options,
      (error, stage) => this.report(error, stage),
      () => this.#mayBeIdle(),
    );
    this.#publisher = new Publisher(this.#log, options, this.#audience);
  }

  publish(message: ChannelMessage): Promise<string> {
    const count = arguments.length;
    return this.#run("publish", () => this.#publisher.publish(message, count));
  }

  publishAll(source: ChannelSource): Promise<boolean> {
    return this.#run("source", () => this.#publisher.publishAll(source));
  }

  end(message?: ChannelEnd): Promise<void> {
    const count = arguments.length;
    return this.#run("publish", () => this.#publisher.end(message, count));
  }

  subscribe(stream: EventStream, options: SubscribeOptions = {}): Subscription {
    checkSubscribeOptions(options);
    const port = portOf(stream);
    if (this.#closing !== undefined) {
      throw new SseError("ERR_SSE_CHANNEL_CLOSED", "The channel is closed: it takes no more subscribers");
    }
    if (port.isClosing) return { [SUBSCRIPTION]: true, unsubscribe() {} };
    const { topics, filter, from = "tail", snapshot } = options;
    const selection =
      topics === undefined && filter === undefined ? EVERYTHING : new Selection(topics, filter);
    const subscriber = new Subscriber(stream, port, this.#audience, selection, snapshot);
    const { id, unknown } = port.requested;
    port.attach(subscriber);
    this.#listener?.used(this);
    this.#audience.join(subscriber, () => {
      if (id !== undefined || unknown) subscriber.start({ after: id ?? "" }, id);
      else subscriber.start(from, undefined);
    });
    return { [SUBSCRIPTION]: true, unsubscribe: () => subscriber.leave() };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#listener?.closed(this);
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

  /** Whether a message has been published by this object. */
  get hasEvents(): boolean {
    return this.#audience.hasPublished;
  }

  get status(): EventLog["status"] {
    return this.#log.status;
  }

  /** Runs a call whose promise the app need not await: an error is also passed to `onError`, and is never unhandled. */
  #run<T>(stage: ChannelStage, call: () => T | Promise<T>): Promise<T> {
    this.#calls++;
    this.#listener?.used(this);
    const callAndReport = async (): Promise<T> => {
      try {
        return await call();
      } catch (error) {
        this.report(error, stage);
        throw error;
      } finally {
        this.#calls--;
        this.#mayBeIdle();
      }
    };
    const result = callAndReport();
    result.catch(() => {});
    return result;
  }

  #mayBeIdle(): void {
    if (this.#calls === 0 && this.#audience.size === 0) this.#listener?.idle(this);
  }

  /** Passes an error to `onError`. */
  report(error: unknown, stage: ChannelStage): void {
    if (stage === "source") this.#sourceError = error;
    else if (error === this.#sourceError && error !== undefined) return;
    callSafely(() => this.#onError(error, { stage }), console.error);
  }
}
