import { checkOptions, expectOneMessage, isObject } from "../check-options.js";
import { encode } from "../format/encode.js";
import type { EventMessage } from "../format/message.js";
import { END_SUFFIX } from "../format/reserved-ids.js";
import { Connection } from "./connection.js";
import type { CloseOptions, CloseReason, EventStream, Source } from "./event-stream.js";
import type { Exchange } from "./exchange.js";
import type { RequestedId } from "./last-event-id.js";
import { RETRY, type ResolvedOptions } from "./options.js";
import { sendSource } from "./send-source.js";
import { SseError, unexpected } from "../sse-error.js";
import type { StreamHost } from "./stream-life.js";
import { PORT } from "./stream-port.js";

const CLOSE_CHECKS = { retry: RETRY };

/**
 * The event stream that an app holds. It checks the arguments of the app's calls, and hides the connection behind it.
 */
export class OpenStream implements EventStream {
  readonly #connection: Connection;
  // Made when the app asks for it.
  #context: EventStream["context"] | undefined;

  constructor(exchange: Exchange, requested: RequestedId, options: ResolvedOptions, host: StreamHost) {
    this.#connection = new Connection(this, exchange, requested, options, host);
  }

  send(message: EventMessage | string): boolean {
    expectOneMessage("send", arguments.length, "sendAll");
    const checked: EventMessage = typeof message === "string" ? { data: message } : message;
    const block = encode(checked, this.#connection.options);
    const { id } = checked;
    if (id?.endsWith(END_SUFFIX)) {
      throw new SseError(
        "ERR_SSE_INVALID_FIELD",
        `id: expected one that does not end in "${END_SUFFIX}", which is how end() marks a finished stream, got "${id}"`,
      );
    }
    this.#expectNoId(id);
    return this.#connection.write(block, id);
  }

  comment(text = ""): boolean {
    return this.#connection.write(encode({ comment: text }));
  }

  sendAll<T = EventMessage | string>(
    source: Source<T>,
    toMessage: (item: T) => EventMessage | string = (item) => item as EventMessage | string,
  ): Promise<boolean> {
    const { life } = this.#connection;
    const sending = this.#connection.countSource(sendSource(this, this.#connection, source, toMessage));
    // Otherwise the error of a promise that nobody awaits would be an unhandled rejection.
    sending.catch((error: unknown) => life.isOpen && life.hooks.report(error));
    return sending;
  }

  drained(): Promise<boolean> {
    return this.#connection.allDrained();
  }

  close(options?: CloseOptions): void {
    if (options !== undefined) checkOptions("close", options, CLOSE_CHECKS);
    this.#connection.closeByProgram(options?.retry);
  }

  end(message?: EventMessage): void {
    expectOneMessage("end", arguments.length);
    if (this.#connection.isClosing) return;
    if (message !== undefined && !isObject(message)) {
      throw unexpected("ERR_SSE_INVALID_FIELD", "end", "an object such as { event, data }", message);
    }
    const last: EventMessage = { event: "end", data: "", ...message };
    encode(last, this.#connection.options); // throws a mistake in it to the caller
    this.#expectNoId(last.id);
    this.#connection.end(last, message !== undefined);
  }

  #expectNoId(id: string | undefined): void {
    if (id === undefined || this.#connection.life.subscription === undefined) return;
    throw new SseError(
      "ERR_SSE_SUBSCRIBED",
      `id: this stream is subscribed to a channel, whose log gives the ids; leave it out, got "${id}"`,
    );
  }

  get context(): EventStream["context"] {
    return (this.#context ??= {});
  }

  set context(context) {
    this.#context = context;
  }

  get signal(): AbortSignal {
    return this.#connection.life.signal;
  }

  get closed(): Promise<CloseReason> {
    return this.#connection.life.closed;
  }

  get lastEventId(): string | undefined {
    return this.#connection.lastEventId;
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  /** The port for channels and for the server of the stream. */
  [PORT](): Connection {
    return this.#connection;
  }

  /** Makes the text that `console.log` prints on Node, Deno and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { life } = this.#connection;
    const state = life.isHeld ? "held" : life.isOpen ? "open" : life.isClosed ? "closed" : "closing";
    const id = this.lastEventId === undefined ? "" : `, lastEventId: ${JSON.stringify(this.lastEventId)}`;
    return `EventStream { ${state}, bufferedBytes: ${this.bufferedBytes}${id} }`;
  }
}
