import type { Entry, Peek, Read, ReadFrom, ReadLimit, ResetReason } from "@ssekit/core";
import type { ResolvedHistory } from "@ssekit/core/adapter";
import type { Broker } from "./broker.js";
import type { JetStream } from "./jetstream.js";
import type { Message } from "./message.js";
import { comparePositions, idOf, parseId, START, type Position } from "./position.js";
import { Retention } from "./retention.js";

/** Reads one log from the stream. It holds no entries. */
export class LogReader {
  readonly #broker: Broker;
  readonly #token: string;
  readonly #history: ResolvedHistory;
  /** Where to look for the oldest kept entry: all messages before this one are evicted. */
  #oldest: { readonly epoch: string; readonly seq: number } | undefined;

  constructor(broker: Broker, token: string, history: ResolvedHistory) {
    this.#broker = broker;
    this.#token = token;
    this.#history = history;
  }

  read(from: ReadFrom, max: ReadLimit): Promise<Read> {
    const deadline = this.#broker.deadline();
    return this.#broker.run(deadline, (js) => new Reading(js, this, from, max, deadline).result());
  }

  peek(): Promise<Peek> {
    const deadline = this.#broker.deadline();
    const token = this.#token;
    return this.#broker.run(deadline, async (js) => {
      const [newest, oldest] = await Promise.all([js.last(token, deadline), js.next(token, 1, deadline)]);
      const epoch = js.stream.epoch(token);
      if (newest === undefined) return { cursor: idOf(epoch, START) };
      const isFirstKept = oldest?.head.count === 0 && this.retention(newest).keeps(oldest, 0);
      return {
        cursor: idOf(epoch, newest.last),
        first: isFirstKept ? oldest.entry(epoch, 0) : undefined,
        end: newest.ends ? newest.entry(epoch, newest.drafts.length - 1) : undefined,
      };
    });
  }

  get token(): string {
    return this.#token;
  }

  retention(newest: Message): Retention {
    return new Retention(this.#history, newest);
  }

  oldestSeq(epoch: string): number {
    return this.#oldest?.epoch === epoch ? this.#oldest.seq : 1;
  }

  noteOldest(epoch: string, seq: number): void {
    if (seq > this.oldestSeq(epoch)) this.#oldest = { epoch, seq };
  }
}

/** One call of `read`. */
class Reading {
  readonly #js: JetStream;
  readonly #reader: LogReader;
  readonly #from: ReadFrom;
  readonly #max: ReadLimit;
  readonly #deadline: number;
  readonly #epoch: string;

  constructor(js: JetStream, reader: LogReader, from: ReadFrom, max: ReadLimit, deadline: number) {
    this.#js = js;
    this.#reader = reader;
    this.#from = from;
    this.#max = max;
    this.#deadline = deadline;
    this.#epoch = js.stream.epoch(reader.token);
  }

  async result(): Promise<Read> {
    const from = this.#from;
    const newest = await this.#js.last(this.#reader.token, this.#deadline);
    if (typeof from === "string") return this.#readFrom(from, newest);
    const id = parseId(from.after); // nothing of an id is sent to the server before it has matched the grammar
    if (id === undefined) return this.#reset("unknown-id", newest);
    if (id.epoch !== this.#epoch) return this.#reset("new-log", newest);
    const order = comparePositions(id.position, newest?.last ?? START);
    if (order === 0) return { entries: [], cursor: from.after, atTail: true };
    // Without a message it cannot be told whether entries were deleted or lost.
    if (newest === undefined) return this.#reset("evicted", newest);
    if (order > 0) return this.#reset("unknown-id", newest);
    return this.#readAfter(id.position, newest);
  }

  async #readFrom(from: "start" | "oldest", newest: Message | undefined): Promise<Read> {
    if (newest === undefined) return { entries: [], cursor: this.#id(START), atTail: true };
    if (from === "oldest") {
      const { cursor } = (await this.#reset("evicted", newest)) as { cursor: string };
      const { position } = parseId(cursor)!;
      if (comparePositions(position, newest.last) === 0) return { entries: [], cursor, atTail: true };
      const read = await this.#readAfter(position, newest);
      // What was the oldest entry has expired or was deleted meanwhile. The caller reads on after the cursor.
      if (!("reset" in read)) return read;
      return { entries: [], cursor: read.cursor, atTail: read.cursor === this.#id(newest.last) };
    }
    const first = await this.#js.next(this.#reader.token, 1, this.#deadline);
    if (first?.head.count !== 0) return this.#reset("evicted", newest);
    return this.#readAfter(START, newest);
  }

  async #readAfter(after: Position, newest: Message): Promise<Read> {
    const retention = this.#reader.retention(newest);
    const page = new Page(this.#epoch, this.#max, after);
    let isFirst = true;
    for await (const message of this.#messages(after.seq, newest.seq, this.#max.bytes)) {
      if (isFirst) {
        const problem = continuityProblem(after, message);
        if (problem !== undefined) return this.#reset(problem, newest);
        isFirst = false;
      }
      for (
        let index = message.seq === after.seq ? after.index + 1 : 0;
        index < message.drafts.length;
        index++
      ) {
        if (page.entries.length === 0 && !retention.keeps(message, index))
          return this.#reset("evicted", newest);
        if (!page.add(message, index)) return page.read(newest);
      }
      if (message.seq >= newest.seq) return page.read(newest);
    }
    // The messages were deleted after `newest` was read.
    return isFirst ? this.#reset("evicted", newest) : page.read(newest);
  }

  /** Returns a reset to the position before the oldest entry that is kept. */
  async #reset(reset: ResetReason, newest: Message | undefined): Promise<Read> {
    if (newest === undefined) return { reset, cursor: this.#id(START) };
    const retention = this.#reader.retention(newest);
    for await (const message of this.#messages(this.#reader.oldestSeq(this.#epoch), newest.seq, 1 << 20)) {
      const kept = message.drafts.findIndex((_, index) => retention.keeps(message, index));
      if (kept === -1) continue;
      this.#reader.noteOldest(this.#epoch, message.seq);
      return { reset, cursor: this.#id(message.positionBefore(kept)) };
    }
    return { reset, cursor: this.#id(newest.last) };
  }

  #messages(seq: number, upTo: number, bytes: number): AsyncGenerator<Message> {
    return this.#js.messages(this.#reader.token, seq, upTo, bytes, this.#deadline);
  }

  #id(position: Position): string {
    return idOf(this.#epoch, position);
  }
}

/** Why a message, which is the first one read after a position, does not continue there. */
function continuityProblem(after: Position, message: Message): ResetReason | undefined {
  const { seq, head, drafts } = message;
  if (seq !== after.seq) return comparePositions(head.before, after) === 0 ? undefined : "evicted";
  return head.time === after.time && after.index < drafts.length ? undefined : "unknown-id";
}

/** The entries that a call of `read` returns. */
class Page {
  readonly entries: Entry[] = [];
  readonly #epoch: string;
  readonly #max: ReadLimit;
  #bytes = 0;
  #last: Position;

  constructor(epoch: string, max: ReadLimit, after: Position) {
    this.#epoch = epoch;
    this.#max = max;
    this.#last = after;
  }

  /** Adds an entry. Returns `false` if the page is full. */
  add(message: Message, index: number): boolean {
    if (this.entries.length >= this.#max.events && this.entries.length > 0) return false;
    const entry = message.entry(this.#epoch, index);
    this.#bytes += entry.frame.bytes.byteLength;
    if (this.entries.length > 0 && this.#bytes > this.#max.bytes) return false;
    this.entries.push(entry);
    this.#last = message.position(index);
    return true;
  }

  read(newest: Message): Read {
    const atTail = comparePositions(this.#last, newest.last) >= 0;
    return { entries: this.entries, cursor: idOf(this.#epoch, this.#last), atTail };
  }
}
