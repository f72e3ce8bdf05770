import { isReply, type Connection, type Subscriber } from "./connection.js";

export interface SubscriptionsOptions {
  readonly connection: Connection;
  /** The channel on which the node hears itself. */
  readonly beatChannel: string;
  /** Milliseconds after which a connection that tells nothing is replaced by another one. */
  readonly timeout: number;
  /** Is called when messages may have been lost, but are heard again. */
  onReady(): void;
  /** Is called when the connection was interrupted, or tells no messages. */
  onLost(error: unknown): void;
}

type Handler = (text: string) => void;

/** The one connection on which a node hears the messages of all its logs. It is open while there are handlers. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #handlers = new Map<string, Handler>();
  // The channels that are to be subscribed with the next command, and who waits for that.
  readonly #wanted = new Map<string, (() => void)[]>();
  #subscriber: Subscriber | undefined;
  #isFlushing = false;
  #afterFlush: (() => void) | undefined;
  // Whether the connection can be used. Every attempt to connect again may fail: only the first failure is told.
  #state: "opening" | "ready" | "lost" = "opening";
  // Whether it was told that the connection tells no messages.
  #isDeafTold = false;
  // Since when the node has not heard itself, in milliseconds of `performance.now()`.
  #deafSince: number | undefined;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Calls the handler with every message of a channel. Resolves when the messages are heard. */
  add(channel: string, handler: Handler): Promise<void> {
    this.#handlers.set(channel, handler);
    return new Promise((resolve) => {
      this.#want(channel, resolve);
      this.#subscriber ??= this.#open();
    });
  }

  delete(channel: string): void {
    if (!this.#handlers.delete(channel)) return;
    this.#release(channel);
    if (this.#handlers.size === 0) this.#closeSubscriber();
    else this.#subscriber?.unsubscribe([channel]).catch(() => {});
  }

  /** Returns the channel on which the node publishes to hear itself, "" if there is no connection. */
  beat(): string {
    if (this.#handlers.size === 0) return "";
    const now = performance.now();
    if (now - (this.#deafSince ?? now) > this.#options.timeout) {
      this.#tellDeaf(
        new Error("No message arrives. The user of Redis must be allowed to publish and subscribe"),
      );
      this.#closeSubscriber();
      this.#subscriber = this.#open();
    }
    this.#deafSince ??= now;
    if (this.#wanted.size > 0) this.#flushLater();
    return this.#options.beatChannel;
  }

  close(): void {
    this.#handlers.clear();
    for (const channel of this.#wanted.keys()) this.#release(channel);
    this.#closeSubscriber();
  }

  /** Lets those go on that wait for a channel which is not wanted any more. */
  #release(channel: string): void {
    for (const resolve of this.#wanted.get(channel) ?? []) resolve();
    this.#wanted.delete(channel);
  }

  #open(): Subscriber {
    const { connection, onReady, onLost } = this.#options;
    const isCurrent = (): boolean => this.#subscriber === subscriber;
    const subscriber = connection.openSubscriber({
      message: (channel, text) => {
        if (!isCurrent()) return;
        this.#deafSince = undefined;
        this.#isDeafTold = false;
        this.#handlers.get(channel)?.(text);
      },
      ready: () => {
        if (!isCurrent()) return;
        this.#state = "ready";
        this.#deafSince = undefined;
        this.#afterFlush = onReady;
        this.#wantAll();
      },
      lost: (error) => {
        if (!isCurrent() || this.#state === "lost") return;
        this.#state = "lost";
        onLost(error);
      },
    });
    this.#state = "opening";
    return subscriber;
  }

  #tellDeaf(error: unknown): void {
    if (!this.#isDeafTold) this.#options.onLost(error);
    this.#isDeafTold = true;
  }

  #closeSubscriber(): void {
    const subscriber = this.#subscriber;
    this.#subscriber = undefined;
    this.#deafSince = undefined;
    subscriber?.close();
  }

  #want(channel: string, ...waiting: (() => void)[]): void {
    this.#wanted.set(channel, [...(this.#wanted.get(channel) ?? []), ...waiting]);
    this.#flushLater();
  }

  #wantAll(): void {
    this.#want(this.#options.beatChannel);
    for (const channel of this.#handlers.keys()) this.#want(channel);
  }

  /** Subscribes all wanted channels of this turn in one command, as soon as the connection is ready. */
  #flushLater(): void {
    if (this.#isFlushing || this.#state !== "ready") return;
    this.#isFlushing = true;
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    const subscriber = this.#subscriber;
    const wanted = [...this.#wanted];
    const then = this.#afterFlush;
    this.#afterFlush = undefined;
    this.#wanted.clear();
    this.#isFlushing = false;
    if (subscriber === undefined) return;
    try {
      if (wanted.length > 0) await subscriber.subscribe(wanted.map(([channel]) => channel));
    } catch (error) {
      if (isReply(error)) this.#tellDeaf(error);
      // All channels are subscribed when the connection is ready again. A server that refused them is asked again later.
      for (const [channel, waiting] of wanted) {
        this.#wanted.set(channel, [...waiting, ...(this.#wanted.get(channel) ?? [])]);
        if (!this.#handlers.has(channel) && channel !== this.#options.beatChannel) this.#release(channel);
      }
      return;
    }
    for (const [, waiting] of wanted) for (const resolve of waiting) resolve();
    if (this.#subscriber === subscriber) then?.();
  }
}
