import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { BlockScanner, type BlockListener } from "./block-scanner.js";
import { ChunkedBody } from "./chunked-body.js";

const BLOCK = /^(?:event: (\w+)\n)?id: (\w+)-(\d+)(?:~end)?\ndata: ?(.*)$/;

/** What a client was told it has missed: the events from `first` to `last`. */
export interface Hole {
  readonly first: number;
  readonly last: number;
}

export interface LogReaderOptions {
  readonly port: number;
  readonly path?: string;
  /** What is read into, by many readers by turns. */
  readonly buffer: Buffer;
  /** After how many bytes of a connection the reader destroys it. Default: never. */
  readonly cutAfter?: () => number;
  /** Called for each read. `false`: reads no more until `resume`. */
  readonly onRead?: (reader: LogReader) => boolean | void;
  /** Called when the connection is over, whoever has closed it. */
  readonly onGone?: (reader: LogReader) => void;
}

/**
 * A client of a log whose events have the numbers 1, 2, 3 … both as position in the id and in the data. Compares what
 * it is sent with that, byte by byte and without keeping it, and comes back with the id of the last event that was
 * there completely, as EventSource does.
 */
export class LogReader implements BlockListener {
  /** The number of the first event that came. A client without an id is not told of what was before it. */
  first = 0;
  /** The number of the last event it has, or was told it has missed. */
  last = 0;
  /** What it was told it has missed, by one `reset` each. */
  readonly holes: Hole[] = [];
  /** What should not be so; the first of each connection. */
  readonly faults: string[] = [];
  connections = 0;
  /** How often the server was the one that closed, before the end. */
  closedByServer = 0;
  /** The log has ended, says the server. */
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
    socket.on("error", () => {}); // close follows
    socket.on("close", () => leave(true));
    const lastEventId = this.#epoch === undefined ? "" : `Last-Event-ID: ${this.#epoch}-${this.last}\r\n`;
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n${lastEventId}\r\n`,
    );
  }

  /** Leaves at once, whatever is on its way. */
  cut(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** The number of events that came. */
  get received(): number {
    return this.holes.reduce((rest, hole) => rest - (hole.last - hole.first + 1), this.last - this.first + 1);
  }

  fault(what: string): void {
    if (this.faults.length < this.connections) this.faults.push(what);
  }

  onEvent(position: number, number: number, bytes: number): void {
    if (position !== this.last + 1) this.fault(`event ${position} came after ${this.last}`);
    if (number !== position) this.fault(`event ${position} has the data of ${number}`);
    // All that differs in length is the number.
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
      if (type === "reset") return; // of the start, for a client that has nothing yet
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

/** Connects readers, which leave with the test. */
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
