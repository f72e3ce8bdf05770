const LF = 10;
const ZERO = 48;
const DATA = Buffer.from("\ndata: ");
const EMPTY = Buffer.alloc(0);
// A loop is faster for short blocks. The rest of a longer block is searched with `indexOf`.
const WALKED = 128;

/** Receives the blocks of an event stream. */
export interface BlockListener {
  /** An event of the log: `id: <epoch>-<position>`, `data: <number> …`. `bytes` is the length of the block. */
  onEvent(position: number, number: number, bytes: number): void;
  /** Any other block, without the empty line that ends it. */
  onOther(block: string): void;
}

/**
 * Finds the blocks of an event stream and the two numbers in each block. It creates no strings, because parsing
 * millions of events into strings would take longer than delivering them.
 */
export class BlockScanner {
  readonly #listener: BlockListener;
  #idPrefix = EMPTY;
  #rest = EMPTY;

  constructor(listener: BlockListener) {
    this.#listener = listener;
  }

  /** The epoch of the log's ids. A block with another epoch, or any block while this is not set, goes to `onOther`. */
  set epoch(epoch: string) {
    this.#idPrefix = Buffer.from(`id: ${epoch}-`);
  }

  feed(part: Buffer): void {
    const bytes = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    let start = 0;
    for (let end = blockEnd(bytes, start); end !== -1; end = blockEnd(bytes, start)) {
      this.#scan(bytes, start, end);
      start = end;
    }
    this.#rest = start === bytes.length ? EMPTY : Buffer.from(bytes.subarray(start));
  }

  #scan(bytes: Buffer, start: number, end: number): void {
    if (this.#idPrefix.length > 0 && startsWith(bytes, start, this.#idPrefix)) {
      let at = start + this.#idPrefix.length;
      let position = 0;
      for (; isDigit(bytes[at]!); at++) position = position * 10 + bytes[at]! - ZERO;
      if (startsWith(bytes, at, DATA)) {
        let number = 0;
        for (at += DATA.length; isDigit(bytes[at]!); at++) number = number * 10 + bytes[at]! - ZERO;
        return this.#listener.onEvent(position, number, end - start);
      }
    }
    this.#listener.onOther(bytes.toString("utf8", start, end - 2));
  }
}

function startsWith(bytes: Buffer, at: number, prefix: Buffer): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false;
  return true;
}

/** The index of the end of the block that begins at `start`, or -1. */
function blockEnd(bytes: Buffer, start: number): number {
  const walked = Math.min(start + WALKED, bytes.length - 1);
  for (let at = start; at < walked; at++) if (bytes[at] === LF && bytes[at + 1] === LF) return at + 2;
  if (start + WALKED >= bytes.length) return -1;
  const at = bytes.indexOf("\n\n", start + WALKED, "latin1");
  return at === -1 ? -1 : at + 2;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte < ZERO + 10;
}
