import { headers, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { RequestFailed } from "./errors.js";
import { decodeMessage, type Message } from "./message.js";
import type { Requester } from "./requester.js";
import type { StreamInfo } from "./stream-info.js";

const NOT_FOUND = 10_037;
const WRONG_LAST_SEQUENCE = 10_071;

/** How many messages one request for a page asks for. */
const PAGE = 256;

/** The requests to one stream that a log needs. */
export class JetStream {
  readonly stream: StreamInfo;
  readonly #requester: Requester;
  readonly #connection: NatsConnection;

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
   * Reads the messages of a log from this sequence number on, through a consumer that lives as long as the iteration.
   *
   * @param bytes about how many bytes the caller will take.
   */
  async *messages(token: string, seq: number, bytes: number, deadline: number): AsyncGenerator<Message> {
    const { name: stream } = this.stream;
    const filter = this.stream.subject(token);
    const name = `ssekit-${crypto.randomUUID()}`;
    const config = {
      name,
      filter_subject: filter,
      deliver_policy: "by_start_sequence",
      opt_start_seq: Math.max(1, seq),
      ack_policy: "none",
      replay_policy: "instant",
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: 10_000_000_000, // nanoseconds; deletes the consumer of a node that was killed
    };
    const create = `CONSUMER.CREATE.${stream}.${name}.${filter}`;
    const created = await this.#requester.api(create, { stream_name: stream, config }, deadline);
    try {
      let pending = created.num_pending as number;
      for (let limit: number | undefined = bytes; pending > 0;) {
        const page: Page = await this.#pull(name, limit, deadline);
        yield* page.messages;
        pending = page.pending ?? pending;
        if (page.pending !== undefined) limit = bytes;
        else if (limit === undefined) return; // the rest was deleted meanwhile
        else limit = undefined; // the next message is larger than the limit
      }
    } finally {
      if (!this.#connection.isClosed()) this.#connection.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`);
    }
  }

  /** @param limit bytes. `undefined`: one message of any size. */
  #pull(consumer: string, limit: number | undefined, deadline: number): Promise<Page> {
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.stream.name}.${consumer}`;
    const amount = limit === undefined ? { batch: 1 } : { batch: PAGE, max_bytes: limit };
    const messages: Message[] = [];
    let pending: number | undefined;
    let received = 0;
    return this.#requester.many(
      subject,
      JSON.stringify({ ...amount, no_wait: true }),
      deadline,
      (reply: Msg) => {
        if (reply.headers !== undefined && reply.headers.code >= 400)
          return { messages, pending: received ? pending : undefined };
        received++;
        // $JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>.<consumer sequence>.<time>.<pending>
        const parts = reply.reply!.split(".");
        pending = Number(parts.at(-1));
        const message = decodeMessage(Number(parts.at(-4)), reply.string());
        if (message !== undefined) messages.push(message);
        return pending === 0 || received === amount.batch ? { messages, pending } : undefined;
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
  messages: Message[];
  /** How many messages follow. `undefined`: nothing was delivered. */
  pending: number | undefined;
}
