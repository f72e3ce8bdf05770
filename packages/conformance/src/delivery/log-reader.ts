import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { BlockScanner, type BlockListener } from "./block-scanner.js";
import { ChunkedBody } from "./chunked-body.js";

const BLOCK = /^(?:event: (\w+)\n)?id: (\w+)-(\d+)(?:~end)?\ndata: ?(.*)$/;

/** The events from `first` to `last`, which a client has missed according to a `reset`. */
export interface Hole {
  readonly first: number;
  readonly last: number;
}

export interface LogReaderOptions {
  readonly port: number;
  readonly path?: string;
  /** The buffer for reading. Many readers may share one. */
  readonly buffer: Buffer;
  /** Returns the number of bytes after which the reader destroys a connection. Default: never. */
  readonly cutAfter?: () => number;
  /** Called after each read. Returns `false` to stop reading until `resume`. */
  readonly onRead?: (reader: LogReader) => boolean | void;
  /** Called when a connection was closed by either side. */
  readonly onGone?: (reader: LogReader) => void;
}

/**
 * A client of a log whose events have the numbers 1, 2, 3 … both as the position in the id and in the data. It checks
 * every byte that it receives, without storing it. Like EventSource, it reconnects with the id of the last complete
 * event.
 */
export class LogReader implements BlockListener {
  /** The number of the first event received. A client that connects without an id does not get earlier events. */
  first = 0;
  /** The number of the last event that it has received, or has missed according to a `reset`. */
  last = 0;
  /** The holes that were announced, each by one `reset`. */
  readonly holes: Hole[] = [];
  /** The errors found. Only the first error of each connection is recorded. */
  readonly faults: string[] = [];
  connections = 0;
  /** How often the server closed the connection before the end of the log. */
  closedByServer = 0;
  /** Whether the server has announced the end of the log. */
  ended = false;
  readonly #options: LogReaderOptions;
  #socket: Socket | undefined;
  #scanner = new BlockScanner(this);
  #epoch: string | undefined;
  #blockBytes: number | undefined;
  #resetWasLast = false;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  connect(): void {
    const { port, path = "/feed", buffer, cutAfter, onRead, onGone } = this.#options;
    this.connections++;
    this.#resetWasLast = false;
    const scanner = new BlockScanner(this);
    this.#scanner = scanner;
    if (this.#epoch !== undefined) scanner.epoch = this.#epoch;
    const body = new ChunkedBody((part) => scanner.feed(part));
    let left = cutAfter?.() ?? Infinity;
    const leave = (byServer: boolean): void => {
      if (this.#socket !== socket) return;
      if (byServer && !this.ended) this.closedByServer++;
      this.cut();
      onGone?.(this);
    };
    const take = (bytes: Buffer): boolean => {
      try {
        body.feed(bytes.subarray(0, left));
      } catch (error) {
        this.fault(String(error));
        left = 0;
      }
      left -= bytes.length;
      const readOn = onRead?.(this) ?? true;
      if (body.ended || left <= 0) leave(body.ended);
      return readOn && this.#socket === socket;
    };
    const onread = { buffer, callback: (count: number) => take(buffer.subarray(0, count)) };
    const socket = connect({ host: "127.0.0.1", port, onread });
    this.#socket = socket;
    socket.on("error", () => {}); // the close event follows
    socket.on("close", () => leave(true));
    const lastEventId = this.#epoch === undefined ? "" : `Last-Event-ID: ${this.#epoch}-${this.last}\r\n`;
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n${lastEventId}\r\n`,
    );
  }

  /** Destroys the connection at once. Bytes on their way are lost. */
  cut(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** The number of events received. */
  get received(): number {
    return this.holes.reduce((rest, hole) => rest - (hole.last - hole.first + 1), this.last - this.first + 1);
  }

  fault(what: string): void {
    if (this.faults.length < this.connections) this.faults.push(what);
  }

  onEvent(position: number, number: number, bytes: number): void {
    if (position !== this.last + 1) this.fault(`event ${position} came after ${this.last}`);
    if (number !== position) this.fault(`event ${position} has the data of ${number}`);
    // Blocks differ in length only by the digits of the number.
    const rest = bytes - 2 * digits(position);
    if (rest !== (this.#blockBytes ??= rest)) this.fault(`event ${position} has ${bytes} bytes`);
    this.last = position;
    this.#resetWasLast = false;
  }

  onOther(block: string): void {
    if (/^(retry: \d+|:.*)$/.test(block)) return;
    const [, type, epoch, digits, data] = BLOCK.exec(block) ?? [];
    const position = Number(digits);
    if (this.#epoch === undefined && epoch !== undefined) {
      this.#scanner.epoch = this.#epoch = epoch;
      this.last = type === undefined ? position - 1 : position;
      this.first = this.last + 1;
      if (type === "reset") return; // the client has no event yet, so it has missed none
    }
    if (epoch === undefined || epoch !== this.#epoch) this.fault(`unexpected: ${JSON.stringify(block)}`);
    else if (type === undefined) this.onEvent(position, Number.parseInt(data!, 10), block.length + 2);
    else if (type === "end" && position === this.last + 1) this.ended = true;
    else if (type === "reset") this.#onReset(position, block);
    else this.fault(`unexpected: ${JSON.stringify(block)}`);
  }

  #onReset(position: number, block: string): void {
    if (position <= this.last) this.fault(`no hole after ${this.last}: ${JSON.stringify(block)}`);
    if (this.#resetWasLast) this.fault(`two resets for the hole before ${position}`);
    this.#resetWasLast = true;
    this.holes.push({ first: this.last + 1, last: position });
    this.last = position;
  }
}

/** Connects readers. They disconnect when the test finishes. */
export function startReaders(count: number, options: Omit<LogReaderOptions, "buffer">): LogReader[] {
  const buffer = Buffer.alloc(256 * 1024);
  const readers = Array.from({ length: count }, () => new LogReader({ ...options, buffer }));
  onTestFinished(() => readers.forEach((reader) => reader.cut()));
  for (const reader of readers) reader.connect();
  return readers;
}

function digits(number: number): number {
  let count = 1;
  for (let rest = number; rest >= 10; rest /= 10) count++;
  return count;
}
