// @ts-check
import { connect } from "node:net";

/**
 * A client that counts the numbers it receives, and comes back with its last event ID to the next of several ports.
 */
export class SoakClient {
  /** How many different numbers it has received. */
  received = 0;
  /** How many numbers came again, and how many resets. */
  faults = 0;
  connections = 0;
  /** The numbers are received almost in order, so only the last ones have to be known. @type {Set<number>} */
  #known = new Set();
  /** @type {string | undefined} */
  #lastEventId;
  /** @type {import("node:net").Socket | undefined} */
  #socket;
  #ports;
  #gone = false;

  /** @param {number[]} ports */
  constructor(ports) {
    this.#ports = ports;
    this.connect();
  }

  connect() {
    const port = /** @type {number} */ (this.#ports[this.connections++ % this.#ports.length]);
    let text = "";
    const socket = connect(port, "127.0.0.1").setEncoding("latin1");
    this.#socket = socket;
    socket.on("error", () => {}); // the close event follows
    socket.on("close", () => setTimeout(() => this.#gone || this.connect(), 50));
    socket.on("data", (/** @type {string} */ part) => {
      const blocks = (text + part).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) this.#take(block);
    });
    const id = this.#lastEventId === undefined ? "" : `Last-Event-ID: ${this.#lastEventId}\r\n`;
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n${id}\r\n`);
  }

  /** Breaks the connection. The client comes back. */
  cut() {
    this.#socket?.destroy();
  }

  leave() {
    this.#gone = true;
    this.cut();
  }

  /** @param {string} block may contain the framing of a chunk */
  #take(block) {
    const [, id, number] = /id: (\S+)\ndata: (\d+)$/.exec(block) ?? [];
    if (block.includes("event: reset")) this.faults++;
    if (id === undefined) return;
    this.#lastEventId = id;
    if (this.#known.has(Number(number))) this.faults++;
    else this.received++;
    this.#known.add(Number(number));
    if (this.#known.size > 5_000)
      for (const first of [...this.#known].slice(0, 1_000)) this.#known.delete(first);
  }
}
