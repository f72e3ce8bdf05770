import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { SseError, type EventLog, type News } from "@ssekit/core";
import { callSafely } from "@ssekit/core/adapter";
import { closedError, RequestFailed, unavailable } from "./errors.js";
import { JetStream } from "./jetstream.js";
import { decodeMessage, type Message } from "./message.js";
import type { NatsStage, ResolvedOptions } from "./options.js";
import { Requester } from "./requester.js";
import { Slots } from "./slots.js";
import { findStream, openStream, type StreamInfo } from "./stream-info.js";
import { pause } from "./pause.js";

/** A log of this node that has listeners. */
export interface FollowedLog {
  /** Takes a message that was just stored. */
  hear(message: Message, stream: StreamInfo): void;
  /** Reads what the listeners have not been told. */
  catchUp(): Promise<void>;
  tellStatus(news: Extract<News, { status: unknown }>): void;
}

/**
 * Milliseconds that a request waits at least before it is repeated. A server without a leader does not answer at all. No
 * request does harm when it is repeated.
 */
const MIN_ATTEMPT = 1_000;
/** Milliseconds between two attempts at most. */
export const MAX_WAIT = 500;
/** Milliseconds until a message that was stored should have been heard. */
const GRACE = 200;
/** If more messages than this were not heard, each followed log is read, instead of each message. */
const MAX_FETCHED = 64;
/** How many logs are read at once after a reconnect. */
const PARALLEL = 32;

/**
 * The part of a store that all logs of a node share: the stream, one subscription to the messages that it stores, and
 * the check that none of them was missed.
 */
export class Broker {
  status: EventLog["status"] = "ready";
  readonly options: ResolvedOptions;
  /** The logs that have listeners, by the token of their keys. */
  readonly followed: Map<string, FollowedLog> = new Map<string, FollowedLog>();
  readonly #connection: NatsConnection;
  readonly #requester: Requester;
  #js: JetStream | undefined;
  /** Whether the stream did not answer, so that it is looked for before the next request. */
  #mayBeGone = false;
  #opening: Promise<JetStream> | undefined;
  #subscription: Subscription | undefined;
  /** The sequence number up to which this node has heard every message, or knows that it need not. */
  #heard = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #checking: Promise<void> | undefined;
  /** Whether messages may have been missed: all followed logs are read with the next successful check. */
  #mayHaveMissed = false;

  constructor(options: ResolvedOptions) {
    this.options = options;
    this.#connection = options.connection;
    this.#requester = new Requester(options.connection, Math.max(MIN_ATTEMPT, options.timeout / 4));
    void this.#watch();
  }

  /** When a call that begins now has to be answered. */
  deadline(): number {
    return performance.now() + this.options.timeout;
  }

  /** The largest message that the server takes, in bytes. */
  get maxPayload(): number {
    return this.#connection.info?.max_payload ?? 1 << 20;
  }

  /** Runs requests until they succeed or the deadline is over. They are repeated if the connection was lost meanwhile. */
  async run<T>(deadline: number, call: (js: JetStream) => Promise<T>): Promise<T> {
    for (let wait = 10; ; wait = Math.min(wait * 2, MAX_WAIT)) {
      try {
        return await call(await this.#jetstream(deadline));
      } catch (error) {
        if (!(error instanceof RequestFailed)) throw error;
        if (this.status === "closed") throw closedError();
        if (error.kind === "missing") this.#mayBeGone = true;
        if (error.isFinal || performance.now() + wait >= deadline) throw unavailable(error);
        await pause(wait);
      }
    }
  }

  report(error: unknown, stage: NatsStage): void {
    if (this.status === "closed") return;
    callSafely(() => this.options.onError(error, { stage }), console.error);
  }

  close(): void {
    this.status = "closed";
    clearTimeout(this.#timer);
    this.#requester.failAll("closed");
    this.followed.clear();
    this.#subscription?.unsubscribe();
  }

  #jetstream(deadline: number): Promise<JetStream> {
    if (this.#js !== undefined && !this.#mayBeGone) return Promise.resolve(this.#js);
    return (this.#opening ??= this.#open(deadline).finally(() => (this.#opening = undefined)));
  }

  async #open(deadline: number): Promise<JetStream> {
    const limit = Math.min(deadline, this.deadline());
    const stream = await openStream(this.#requester, this.options, limit);
    if (this.status === "closed") throw closedError();
    this.#use(stream);
    this.#scheduleCheck(this.options.checkInterval);
    return this.#js!;
  }

  /** Takes over what the server says about the stream. It may be another stream than before. */
  #use(stream: StreamInfo): void {
    this.#mayBeGone = false;
    if (this.#js?.stream.created === stream.created) return;
    this.#subscription?.unsubscribe();
    this.#js = new JetStream(stream, this.#requester, this.#connection);
    for (const problem of stream.warnings(this.options.maxAge, this.#connection.info?.version)) {
      this.report(new SseError("ERR_SSE_INVALID_OPTION", problem), "check");
    }
    this.#heard = stream.lastSeq;
    this.#subscription = this.#connection.subscribe(stream.live, {
      // What this threw would end the connection of the app.
      callback: (error, message) => {
        if (error === null) this.#hear(stream, message);
        else this.report(error, "tail"); // the user may not subscribe: the checks find what is stored
      },
    });
    // At once, so that no log takes a message of the new stream for one of the old stream.
    for (const log of [...this.followed.values()]) void log.catchUp();
  }

  #hear(stream: StreamInfo, { subject, headers, data }: Msg): void {
    if (this.#js?.stream !== stream) return;
    const seq = Number(headers?.get("Nats-Sequence"));
    if (!Number.isSafeInteger(seq)) return; // not from the server
    const expected = this.#heard + 1;
    const log = this.followed.get(stream.liveToken(subject));
    const message = log && decodeMessage(seq, new TextDecoder().decode(data));
    if (message !== undefined) log!.hear(message, stream);
    if (seq > expected) void this.#fetch(expected, seq - 1);
    // A number that was used before: the server has lost messages, or an earlier check was faster than the message.
    if (seq < expected) this.#mayHaveMissed = true;
    this.#heard = Math.max(seq, this.#heard);
  }

  /** Reads messages that were not heard, and passes them to their logs. */
  async #fetch(from: number, to: number): Promise<void> {
    const js = this.#js;
    if (js === undefined || this.followed.size === 0) return;
    if (to - from >= MAX_FETCHED) return this.#catchUpAll();
    try {
      for (let seq = from; seq <= to; seq++) {
        const found = await js.at(seq, this.deadline());
        if (found !== undefined) this.followed.get(found.token)?.hear(found.message, js.stream);
      }
    } catch {
      this.#mayHaveMissed = true;
    }
  }

  async #catchUpAll(): Promise<void> {
    this.#mayHaveMissed = false;
    const slots = new Slots(PARALLEL);
    await Promise.all([...this.followed.values()].map((log) => slots.run(() => log.catchUp())));
  }

  /** Asks for another check, because a log could not be read to its end. */
  catchUpLater(): void {
    this.#mayHaveMissed = true;
  }

  #scheduleCheck(ms: number): void {
    clearTimeout(this.#timer);
    if (this.status === "closed") return;
    this.#timer = setTimeout(() => void this.#check(), ms);
    (this.#timer as { unref?(): void }).unref?.();
  }

  /** One request for the state of the stream, however many logs are open. */
  #check(): Promise<void> {
    return (this.#checking ??= this.#checkOnce().finally(() => {
      this.#checking = undefined;
      this.#scheduleCheck(this.options.checkInterval);
    }));
  }

  async #checkOnce(): Promise<void> {
    await Promise.resolve(); // so that #checking is set
    const { stream: name, checkInterval } = this.options;
    const limit = Math.min(this.deadline(), performance.now() + Math.max(1_000, 2 * checkInterval));
    try {
      const stream = await findStream(this.#requester, name, limit).catch((error: unknown) => {
        const isMissing = error instanceof RequestFailed && error.kind === "missing";
        if (isMissing && error.apiCode !== undefined) return openStream(this.#requester, this.options, limit);
        throw error;
      });
      this.#use(stream);
      this.#setStatus("ready");
      if (this.#mayHaveMissed || stream.lastSeq < this.#heard) {
        this.#heard = stream.lastSeq;
        await this.#catchUpAll();
      } else if (stream.lastSeq > this.#heard) {
        const heard = this.#heard;
        await pause(GRACE);
        if (this.#heard > heard) return; // messages still arrive, and show by their numbers if one is missing
        this.#heard = stream.lastSeq;
        await this.#fetch(heard + 1, stream.lastSeq);
      }
    } catch (error) {
      if ((this.status as string) === "closed") return;
      this.#mayHaveMissed = true;
      this.#setStatus("down", error);
    }
  }

  #setStatus(status: "ready" | "down", error?: unknown): void {
    if (this.status === status || this.status === "closed") return;
    this.status = status;
    if (status === "down") this.report(error, "check");
    const news = status === "down" ? { status, error } : { status };
    for (const log of [...this.followed.values()]) log.tellStatus(news);
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (this.status === "closed") return;
      if (type === "disconnect" || type === "close") {
        this.#requester.failAll("lost");
        this.#mayHaveMissed = true;
        this.#setStatus("down", new Error("The connection to NATS is lost"));
      } else if (type === "reconnect") {
        this.#requester.failAll("lost");
        this.#mayHaveMissed = true;
        void this.#checkAgain();
      }
    }
  }

  /** Checks now, and not with the answer of a check that began before. */
  async #checkAgain(): Promise<void> {
    await this.#checking;
    await this.#check();
  }
}
