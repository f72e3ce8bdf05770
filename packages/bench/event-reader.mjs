// @ts-check

/** Reads a response of HTTP/1.1 byte by byte, and collects the data of its events of the type `tick`. */
export class EventReader {
  /** @type {string[]} */
  data = [];
  #bytes = Buffer.alloc(0);
  #headIsRead = false;
  #isChunked = false;
  #text = "";

  /** @param {Buffer} bytes */
  read(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (!this.#headIsRead) this.#readHead();
    if (this.#headIsRead) this.#readBody();
  }

  #readHead() {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end === -1) return;
    this.#isChunked = /transfer-encoding: *chunked/i.test(this.#bytes.toString("latin1", 0, end));
    this.#bytes = this.#bytes.subarray(end + 4);
    this.#headIsRead = true;
  }

  #readBody() {
    if (!this.#isChunked) {
      this.#readText(this.#bytes.toString());
      this.#bytes = Buffer.alloc(0);
      return;
    }
    for (;;) {
      const line = this.#bytes.indexOf("\r\n");
      if (line === -1) return;
      const start = line + 2;
      const end = start + Number.parseInt(this.#bytes.toString("latin1", 0, line), 16);
      if (!(this.#bytes.length >= end + 2)) return;
      this.#readText(this.#bytes.toString("utf8", start, end));
      this.#bytes = this.#bytes.subarray(end + 2);
    }
  }

  /** @param {string} text */
  #readText(text) {
    const blocks = (this.#text + text).split("\n\n");
    this.#text = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split("\n");
      if (!lines.some((line) => /^event: ?tick$/.test(line))) continue;
      const data = lines.filter((line) => line.startsWith("data:"));
      this.data.push(data.map((line) => line.slice(line[5] === " " ? 6 : 5)).join("\n"));
    }
  }
}
