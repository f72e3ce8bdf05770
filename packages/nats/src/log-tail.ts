import type { Entry, News, Read, Tail } from "@ssekit/core";
import { callSafely } from "@ssekit/core/adapter";
import type { Broker, FollowedLog } from "./broker.js";
import type { LogReader } from "./log-reader.js";
import type { LogWriter } from "./log-writer.js";
import type { Message } from "./message.js";
import { comparePositions, idOf, parseId, START, type Position } from "./position.js";
import type { StreamInfo } from "./stream-info.js";

interface Told {
  readonly epoch: string;
  readonly position: Position;
}

/** Messages that arrive while the log is read are kept up to this number. Later ones are read from the stream. */
const MAX_ARRIVED = 1_000;
const PAGE = { events: 1_000, bytes: 1 << 20 };

/**
 * The listeners of one log on this node. They are told what the server sends live, and what has to be read from the
 * stream because it was not heard.
 */
export class LogTail implements FollowedLog {
  readonly #broker: Broker;
  readonly #reader: LogReader;
  readonly #writer: LogWriter;
  readonly #listeners = new Set<{ readonly listener: (news: News) => void }>();
  /** The last entry that all listeners were told. `undefined` as long as there are none. */
  #told: Told | undefined;
  #end: Entry | undefined;
  #opening: Promise<void> | undefined;
  #catchingUp: Promise<void> | undefined;
  #isBehind = false;
  #arrived: Message[] = [];

  constructor(broker: Broker, reader: LogReader, writer: LogWriter) {
    this.#broker = broker;
    this.#reader = reader;
    this.#writer = writer;
  }

  /**
   * Adds a listener. The promise is resolved before the listener is called.
   *
   * @param toResult makes the value of the promise. The promise is rejected with what it throws.
   */
  add(listener: (news: News) => void, toResult: (tail: Tail) => Tail): Promise<Tail> {
    return new Promise((resolve, reject) => {
      const added = { listener };
      const start = (): void => {
        if (this.#told === undefined) {
          this.#open().then(start).catch(reject);
          return;
        }
        const { epoch, position } = this.#told;
        this.#listeners.add(added);
        const stop = (): void => this.#remove(added);
        resolve(toResult({ cursor: idOf(epoch, position), end: this.#end, stop }));
      };
      start();
    });
  }

  /** Removes every listener. */
  stop(): void {
    this.#listeners.clear();
    this.#leave();
  }

  /**
   * Shortens the result of a read to what the listeners have been told. A log without listeners returns everything.
   *
   * @param after where the read began, if that is an id.
   */
  clip(read: Read, after: string | undefined): Read {
    const told = this.#told;
    if (told === undefined || "reset" in read) return read;
    const isTold = (id: string): boolean => {
      const { epoch, position } = parseId(id)!;
      return epoch === told.epoch && comparePositions(position, told.position) <= 0;
    };
    if (isTold(read.cursor)) return { ...read, atTail: read.atTail || read.cursor === this.#toldId() };
    const entries = read.entries.filter(({ id }) => isTold(id));
    const cursor = entries.at(-1)?.id ?? after ?? this.#toldId();
    return { entries, cursor, atTail: true };
  }

  hear(message: Message, stream: StreamInfo): void {
    this.#writer.follow(message, stream);
    if (this.#told === undefined || this.#catchingUp !== undefined) {
      if (this.#arrived.length < MAX_ARRIVED) this.#arrived.push(message);
      else this.#isBehind = true;
    } else if (!this.#follow(message)) void this.catchUp();
  }

  catchUp(): Promise<void> {
    this.#isBehind = true;
    return (this.#catchingUp ??= this.#readOn());
  }

  tellStatus(news: Extract<News, { status: unknown }>): void {
    this.#tell(news);
  }

  async #open(): Promise<void> {
    await (this.#opening ??= this.#findTail().finally(() => (this.#opening = undefined)));
  }

  async #findTail(): Promise<void> {
    const { token } = this.#reader;
    this.#broker.followed.set(token, this);
    const deadline = this.#broker.deadline();
    try {
      await this.#broker.run(deadline, async (js) => {
        const newest = await js.last(token, deadline);
        const epoch = js.stream.epoch(token);
        this.#told = { epoch, position: newest?.last ?? START };
        this.#end = newest?.ends ? newest.entry(epoch, newest.drafts.length - 1) : undefined;
      });
    } catch (error) {
      this.#leave();
      throw error;
    }
    // The listeners are added in the microtasks that follow, at the position of that moment.
    setTimeout(() => {
      if (this.#listeners.size === 0 && this.#opening === undefined) this.#leave();
    }, 0);
    this.#followArrived();
  }

  #remove(added: { readonly listener: (news: News) => void }): void {
    this.#listeners.delete(added);
    if (this.#listeners.size === 0) this.#leave();
  }

  #leave(): void {
    this.#told = undefined;
    this.#end = undefined;
    this.#arrived = [];
    if (this.#broker.followed.get(this.#reader.token) === this)
      this.#broker.followed.delete(this.#reader.token);
  }

  /** Reads until the listeners have been told everything. */
  async #readOn(): Promise<void> {
    await Promise.resolve(); // so that #catchingUp is set
    try {
      while (this.#isBehind && this.#told !== undefined) {
        this.#isBehind = false;
        this.#arrived = []; // what has arrived until now is in the stream
        const read = await this.#reader.read({ after: this.#toldId() }, PAGE);
        if (this.#told === undefined) return;
        this.#tellRead(read);
        if ("reset" in read || !read.atTail) this.#isBehind = true;
        this.#followArrived();
      }
    } catch (error) {
      this.#broker.catchUpLater();
      if (this.#broker.status === "ready") this.#broker.report(error, "tail");
    } finally {
      this.#catchingUp = undefined;
    }
  }

  #followArrived(): void {
    for (const message of this.#arrived.splice(0)) {
      if (this.#told !== undefined && !this.#follow(message)) void this.catchUp();
    }
  }

  /** Tells a message if it is the next one. Returns `false` if messages before it are missing. */
  #follow(message: Message): boolean {
    const { epoch, position } = this.#told!;
    if (comparePositions(message.head.before, position) !== 0) return message.seq <= position.seq;
    const entries = message.drafts.map((_, index) => message.entry(epoch, index));
    this.#tellEntries(entries, epoch, message.last);
    return true;
  }

  #tellRead(read: Read): void {
    const { epoch, position } = parseId(read.cursor)!;
    if ("entries" in read) {
      if (read.entries.length > 0) this.#tellEntries(read.entries, epoch, position);
      return;
    }
    this.#tell({ reset: read.reset, cursor: read.cursor });
    if (this.#told === undefined) return;
    this.#told = { epoch, position };
    this.#end = undefined;
  }

  #tellEntries(entries: readonly Entry[], epoch: string, position: Position): void {
    this.#tell({ entries });
    if (this.#told === undefined) return; // the last listener has stopped
    this.#told = { epoch, position };
    this.#end = entries.at(-1)!.end ? entries.at(-1) : undefined;
  }

  #tell(news: News): void {
    for (const { listener } of this.#listeners) {
      callSafely(() => listener(news), console.error);
    }
  }

  #toldId(): string {
    const { epoch, position } = this.#told!;
    return idOf(epoch, position);
  }
}
