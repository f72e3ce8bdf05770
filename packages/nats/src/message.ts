import { createEntry, sizeOf } from "@ssekit/core/adapter";
import type { Draft, Entry } from "@ssekit/core";
import { idOf, parsePosition, positionText, type Position } from "./position.js";

/** What a message says beside its drafts. Together, these numbers make the messages of a log a verifiable chain. */
export interface MessageHead {
  /** When the message was made, in microseconds. Later than every message before it in the log. */
  readonly time: number;
  /** A random text by which the writer recognises its message after a lost reply. */
  readonly nonce: string;
  /** The position of the last entry before this message. */
  readonly before: Position;
  /** Number of entries that were ever stored in the log before this message. */
  readonly count: number;
  /** Bytes of these entries, as a history counts them. */
  readonly bytes: number;
  /** Bytes of the entries of this message. */
  readonly size: number;
}

/** A stored message. It holds all drafts of one or more calls of `append`, which are stored together or not at all. */
export class Message {
  readonly seq: number;
  readonly head: MessageHead;
  readonly drafts: readonly Draft[];
  // Computed on demand, because few messages are at the limit of a history.
  #bytesBefore: number[] | undefined;
  readonly #entries: (Entry | undefined)[] = [];

  constructor(seq: number, head: MessageHead, drafts: readonly Draft[]) {
    this.seq = seq;
    this.head = head;
    this.drafts = drafts;
  }

  position(index: number): Position {
    return { seq: this.seq, time: this.head.time, index };
  }

  /** The position of the last entry. */
  get last(): Position {
    return this.position(this.drafts.length - 1);
  }

  /** Number of entries ever stored in the log, this message included. */
  get total(): number {
    return this.head.count + this.drafts.length;
  }

  /** Bytes of all entries ever stored in the log, this message included. */
  get totalBytes(): number {
    return this.head.bytes + this.head.size;
  }

  /** Bytes of all entries ever stored in the log before the one at an index. */
  bytesBefore(index: number): number {
    if (index === 0) return this.head.bytes;
    if (this.#bytesBefore === undefined) {
      let bytes = this.head.bytes;
      this.#bytesBefore = this.drafts.map((draft) => (bytes += sizeOfDraft(draft)));
    }
    return this.#bytesBefore[index - 1]!;
  }

  /** Whether the last entry ends the log. */
  get ends(): boolean {
    return this.drafts.at(-1)!.end === true;
  }

  /** The position of the entry before the one at an index. */
  positionBefore(index: number): Position {
    return index === 0 ? this.head.before : this.position(index - 1);
  }

  /** The entry at an index. All callers get the same one. */
  entry(epoch: string, index: number): Entry {
    const made = this.#entries[index];
    const id = idOf(epoch, this.position(index));
    return made?.id === id ? made : (this.#entries[index] = createEntry(id, this.drafts[index]!));
  }
}

/** Writes a message. The drafts are given as JSON, because the writer has measured them before. */
export function encodeMessage(head: MessageHead, drafts: readonly string[]): string {
  const { time, nonce, before, count, bytes, size } = head;
  const fields = JSON.stringify({ t: time, w: nonce, p: positionText(before), n: count, b: bytes, s: size });
  return `${fields.slice(0, -1)},"d":[${drafts.join(",")}]}`;
}

/** Reads a message. Returns `undefined` if the text was not written by `encodeMessage`. */
export function decodeMessage(seq: number, text: string): Message | undefined {
  try {
    const { t, w, p, n, b, s, d } = JSON.parse(text) as Record<"t" | "n" | "b" | "s", number> &
      Record<"w" | "p", string> & { d: Draft[] };
    const before = parsePosition(p);
    if (before === undefined || ![t, n, b, s].every(Number.isSafeInteger) || d.length === 0) return undefined;
    return new Message(seq, { time: t, nonce: w, before, count: n, bytes: b, size: s }, d);
  } catch {
    return undefined;
  }
}

// Ids have different lengths. All count the same, so that writers and readers agree about the size of an entry.
const AVERAGE_ID = "x".repeat(32);

/** How many bytes a draft counts towards the limits of a history. */
export function sizeOfDraft(draft: Draft): number {
  return sizeOf(createEntry(AVERAGE_ID, draft));
}
