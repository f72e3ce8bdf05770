import { headers, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { RequestFailed } from "./errors.js";
import { decodeMessage, type Message } from "./message.js";
import type { Requester } from "./requester.js";
import { Slots } from "./slots.js";
import type { StreamInfo } from "./stream-info.js";

const NOT_FOUND = 10_037;
const WRONG_LAST_SEQUENCE = 10_071;

/** How many messages one request for a page asks for. */
const PAGE = 500;
/** How many pages are read at once. More would only wait in a queue of the server, and delay other requests. */
const PAGES_AT_ONCE = 8;

/** The requests to one stream that a log needs. */
export class JetStream {
  readonly stream: StreamInfo;
  readonly #requester: Requester;
  readonly #connection: NatsConnection;
  readonly #slots = new Slots(PAGES_AT_ONCE);
  readonly #loading = new Map<string, Promise<Page>>();

  constructor(stream: StreamInfo, requester: Requester, connection: NatsConnection) {
    this.stream = stream;
    this.#requester = requester;
    this.#connection = connection;
  }

  /** The newest message of a log. */
  last(token: string, deadline: number): Promise<Message | undefined> {
    return this.#get({ last_by_subj: this.stream.subject(token) }, deadline);
  }

  /** The first message of a log from this sequence number on. */
  next(token: string, seq: number, deadline: number): Promise<Message | undefined> {
    return this.#get({ seq, next_by_subj: this.stream.subject(token) }, deadline);
  }

  /** The message with this sequence number, of whatever log, and the token of that log. */
  async at(seq: number, deadline: number): Promise<{ token: string; message: Message } | undefined> {
    const found = await this.#find({ seq }, deadline);
    const message = found && decodeMessage(found.seq, found.text);
    const token = found && this.stream.token(found.subject);
    return message === undefined || token === undefined ? undefined : { token, message };
  }

  /**
   * Stores a message if the last message of the log has the sequence number `expected`, or if there is none and it is 0.
   *
   * @returns the sequence number, or `undefined` if the last message of the log is another one.
   */
  async publish(
    token: string,
    text: string,
    expected: number,
    deadline: number,
  ): Promise<number | undefined> {
    const conditions = headers();
    conditions.set("Nats-Expected-Stream", this.stream.name);
    conditions.set("Nats-Expected-Last-Subject-Sequence", String(expected));
    try {
      const answer = await this.#requester.json(this.stream.subject(token), text, deadline, conditions);
      return answer.seq as number;
    } catch (error) {
      if (error instanceof RequestFailed && error.apiCode === WRONG_LAST_SEQUENCE) return undefined;
      throw error;
    }
  }

  /** Deletes the messages of a log before this sequence number. */
  async purge(token: string, seq: number, deadline: number): Promise<void> {
    const filter = this.stream.subject(token);
    await this.#requester.api(`STREAM.PURGE.${this.stream.name}`, { filter, seq }, deadline);
  }

  /**
   * Reads the messages of a log from this sequence number on.
   *
   * @param upTo the sequence number of the newest message, as the caller knows it. Later ones may be left out.
   * @param bytes about how many bytes the caller will take.
   */
  async *messages(
    token: string,
    seq: number,
    upTo: number,
    bytes: number,
    deadline: number,
  ): AsyncGenerator<Message> {
    for (let from = Math.max(1, seq); from <= upTo;) {
      const { messages, next } = await this.#page(token, from, upTo, bytes, deadline);
      yield* messages;
      if (next === undefined) return;
      from = next;
    }
  }

  /** Callers that need the same page at the same time share one. */
  async #page(token: string, seq: number, upTo: number, bytes: number, deadline: number): Promise<Page> {
    const key = `${seq} ${bytes} ${token}`;
    const shared = await this.#loading.get(key);
    // A page that was asked for earlier may end before the message that this caller knows.
    if (shared !== undefined && (shared.next !== undefined || shared.last >= upTo)) return shared;
    const page = this.#slots.run(() => this.#load(token, seq, bytes, deadline));
    this.#loading.set(key, page);
    try {
      return await page;
    } finally {
      if (this.#loading.get(key) === page) this.#loading.delete(key);
    }
  }

  /** Reads one page through a consumer, which the server creates for it. */
  async #load(token: string, seq: number, bytes: number, deadline: number): Promise<Page> {
    const { name: stream } = this.stream;
    const filter = this.stream.subject(token);
    const name = `ssekit-${crypto.randomUUID()}`;
    const config = {
      name,
      filter_subject: filter,
      deliver_policy: "by_start_sequence",
      opt_start_seq: seq,
      ack_policy: "none",
      replay_policy: "instant",
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: 10_000_000_000, // nanoseconds; deletes the consumer of a node that was killed
    };
    const create = `CONSUMER.CREATE.${stream}.${name}.${filter}`;
    const { num_pending: pending } = await this.#requester.api(
      create,
      { stream_name: stream, config },
      deadline,
    );
    try {
      if (pending === 0) return { messages: [], last: 0, next: undefined };
      const page = await this.#pull(name, bytes, deadline);
      // If nothing was delivered, the next message is larger than the limit, or was deleted meanwhile.
      return page.last > 0 ? page : await this.#pull(name, undefined, deadline);
    } finally {
      if (!this.#connection.isClosed()) this.#connection.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`);
    }
  }

  /** @param limit bytes. `undefined`: one message of any size. */
  #pull(consumer: string, limit: number | undefined, deadline: number): Promise<Page> {
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.stream.name}.${consumer}`;
    const amount = limit === undefined ? { batch: 1 } : { batch: PAGE, max_bytes: limit };
    const messages: Message[] = [];
    let received = 0;
    let last = 0;
    let pending = 0;
    const page = (): Page => ({ messages, last, next: pending > 0 ? last + 1 : undefined });
    return this.#requester.many(
      subject,
      JSON.stringify({ ...amount, no_wait: true }),
      deadline,
      (reply: Msg) => {
        if (reply.headers !== undefined && reply.headers.code >= 400) return page();
        received++;
        // $JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>.<consumer sequence>.<time>.<pending>
        const parts = reply.reply!.split(".");
        pending = Number(parts.at(-1));
        last = Number(parts.at(-4));
        const message = decodeMessage(last, reply.string());
        if (message !== undefined) messages.push(message);
        return pending === 0 || received === amount.batch ? page() : undefined;
      },
    );
  }

  async #get(query: object, deadline: number): Promise<Message | undefined> {
    const found = await this.#find(query, deadline);
    return found && decodeMessage(found.seq, found.text);
  }

  async #find(
    query: object,
    deadline: number,
  ): Promise<{ subject: string; seq: number; text: string } | undefined> {
    try {
      const answer = await this.#requester.api(`STREAM.MSG.GET.${this.stream.name}`, query, deadline);
      const { subject, seq, data = "" } = answer.message as { subject: string; seq: number; data?: string };
      const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
      return { subject, seq, text: new TextDecoder().decode(bytes) };
    } catch (error) {
      if (error instanceof RequestFailed && error.apiCode === NOT_FOUND) return undefined;
      throw error;
    }
  }
}

interface Page {
  readonly messages: readonly Message[];
  /** The sequence number of the last message. 0 if there is none. */
  readonly last: number;
  /** Where the next page begins. `undefined`: there were no more messages. */
  readonly next: number | undefined;
}
