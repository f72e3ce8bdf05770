const LF = 10;
const EXPECTED = {
  status: /^HTTP\/1\.1 200 /,
  head: /\r$/,
  size: /^[0-9a-f]+\r$/,
  break: /^\r$/,
};

/** Extracts the body of a chunked HTTP/1.1 response from its bytes, which may be cut anywhere. */
export class ChunkedBody {
  /** Whether the last chunk has arrived. */
  ended = false;
  readonly #deliver: (part: Buffer) => void;
  // The part that is expected next: a line of the head, the size of a chunk, its bytes, or the line break after them.
  #state: keyof typeof EXPECTED | "data" = "status";
  #line = "";
  #left = 0;

  /** @param deliver is called with the parts of the body. A part is valid only during the call. */
  constructor(deliver: (part: Buffer) => void) {
    this.#deliver = deliver;
  }

  /** @throws {Error} if the bytes are not a chunked response with the status 200. */
  feed(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "data") {
        const part = bytes.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        if (this.#left === 0) this.#state = "break";
        this.#deliver(part);
      } else {
        const end = bytes.indexOf(LF, at);
        this.#line += bytes.toString("latin1", at, end === -1 ? bytes.length : end);
        if (end === -1) return;
        at = end + 1;
        this.#take(this.#line);
        this.#line = "";
      }
    }
  }

  #take(line: string): void {
    const state = this.#state as keyof typeof EXPECTED;
    if (!EXPECTED[state].test(line)) {
      throw new Error(
        `The response is damaged: expected its ${state}, got ${JSON.stringify(line.slice(0, 100))}`,
      );
    }
    if (state === "status") this.#state = "head";
    else if (state === "break" || (state === "head" && line === "\r")) this.#state = "size";
    else if (state === "size") {
      this.#left = Number.parseInt(line, 16);
      this.ended = this.#left === 0;
      this.#state = this.ended ? "break" : "data";
    }
  }
}
