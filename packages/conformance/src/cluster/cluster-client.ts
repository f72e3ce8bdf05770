import { connect, type Socket } from "node:net";
import { createParser } from "eventsource-parser";
import { ChunkedBody } from "../delivery/chunked-body.js";
import { nameOf, type EventNames } from "./event-names.js";

export interface ClusterClientOptions {
  readonly port: number;
  readonly names: EventNames;
  /** The last event ID of its first request. Default: none. */
  readonly lastEventId?: string;
  /** Returns the number of events after which the client destroys a connection. Default: never. */
  readonly leaveAfter?: () => number;
  /** Returns the milliseconds after which a client whose connection has closed comes back. */
  readonly comeBackAfter: () => number;
}

/** A client that reconnects with its last event ID, as EventSource does, and stores every event that it receives. */
export class ClusterClient {
  /** The numbers of the events, in the order of arrival. */
  readonly received: number[] = [];
  /** Responses that are not an event stream. */
  readonly faults: string[] = [];
  connections = 0;
  lastEventId: string | undefined;
  readonly #options: ClusterClientOptions;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #gone = false;

  constructor(options: ClusterClientOptions) {
    this.#options = options;
    this.lastEventId = options.lastEventId;
  }

  connect(): void {
    const { port, names, leaveAfter, comeBackAfter } = this.#options;
    this.connections++;
    let left = leaveAfter?.() ?? Infinity;
    // What comes after the client has left is lost, as on a connection that broke.
    const parser = createParser({
      onEvent: ({ event, id = "", data }) => {
        if (left-- <= 0) return;
        this.lastEventId = id;
        this.received.push(names.numberOf(nameOf({ event, id, data })));
      },
    });
    const decoder = new TextDecoder();
    const body = new ChunkedBody((part) => parser.feed(decoder.decode(part, { stream: true })));
    const socket = connect(port, "127.0.0.1");
    this.#socket = socket;
    socket.on("error", () => {}); // the close event follows
    socket.on("data", (bytes) => {
      try {
        body.feed(bytes);
      } catch (error) {
        this.faults.push(String(error));
        socket.destroy();
      }
      if (left <= 0 || body.ended) socket.destroy();
    });
    socket.on("close", () => {
      if (!this.#gone) this.#timer = setTimeout(() => this.connect(), comeBackAfter());
    });
    const id = this.lastEventId === undefined ? "" : `Last-Event-ID: ${this.lastEventId}\r\n`;
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n${id}\r\n`);
  }

  /** Leaves for good. */
  leave(): void {
    this.#gone = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }
}
