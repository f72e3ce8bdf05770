import { encode } from "../format/encode.js";
import { createFrame, type Frame } from "../format/frame.js";
import { END_SUFFIX } from "../format/reserved-ids.js";
import { NO_ID } from "./last-event-id.js";
import type { EventMessage } from "../format/message.js";
import { acceptsEventStream } from "./response-headers.js";
import { sendItems } from "./send-items.js";
import { isThenable, readItems, type Items, type Source } from "./source.js";
import { SseError } from "../sse-error.js";
import { StreamLifecycle } from "./stream-lifecycle.js";
import { PORT, type StreamPort } from "./stream-port.js";

// How far a source, or a channel, may run ahead of the client.
const RUN_AHEAD_BYTES = 64 * 1024;

/** The event stream over a sink: what is sent on it. */
export class SinkStream extends StreamLifecycle {
  #lastSentId: string | undefined;
  // end() was called, and waits until the subscription has sent what was published before.
  #ending = false;
  #wasSubscribed = false;

  /** Opens the stream, with its source if it has one. */
  start(source: Source | undefined): void {
    this.hold();
    let result: unknown;
    try {
      result = typeof source === "function" ? source(this) : source;
    } catch (error) {
      return this.fail(error);
    }
    if (isThenable(result)) {
      result.then(
        (items) => {
          if (!isNothing(items)) this.#sendSource(items);
          else if (this.subscription === undefined) this.end();
          else this.begin();
        },
        (error: unknown) => this.fail(error),
      );
    } else if (isNothing(result)) this.begin();
    else this.#sendSource(result);
  }

  #sendSource(items: unknown): void {
    this.sendAll(items as Items<EventMessage | string>).then(
      (sent) => sent && this.end(),
      (error: unknown) => this.fail(error),
    );
  }

  send(message: EventMessage | string): boolean {
    const checked: EventMessage = typeof message === "string" ? { data: message } : message;
    const block = encode(checked, this.options);
    const { id } = checked;
    if (id?.endsWith(END_SUFFIX)) {
      throw new SseError(
        "ERR_SSE_INVALID_FIELD",
        `id: expected one that does not end in "${END_SUFFIX}", which is how end() marks a finished stream, got "${id}"`,
      );
    }
    this.#expectNoId(id);
    if (!this.#write(block)) return false;
    if (id !== undefined) this.#lastSentId = id;
    return true;
  }

  #expectNoId(id: string | undefined): void {
    if (this.subscription === undefined || id === undefined) return;
    throw new SseError(
      "ERR_SSE_SUBSCRIBED",
      `id: this stream is subscribed to a channel, whose log gives the ids; leave it out, got "${id}"`,
    );
  }

  comment(text = ""): boolean {
    return this.#write(encode({ comment: text }));
  }

  /** Sends what the program says: in its order, and within the limit. */
  #write(block: string): boolean {
    if (this.isClosing || this.#ending) return false;
    if (this.bufferedBytes > this.options.maxBufferedBytes) {
      this.abort("slow");
      return false;
    }
    const frame = this.frames.make(block);
    return this.subscription?.defer(frame) || this.push(frame);
  }

  sendAll<T = EventMessage | string>(
    source: Source<T>,
    toMessage: (item: T) => EventMessage | string = (item) => item as EventMessage | string,
  ): Promise<boolean> {
    const sending = this.#sendAll(source, toMessage);
    // Also when nobody awaits it.
    sending.catch((error: unknown) => this.isOpen && this.hooks.report(error));
    return sending;
  }

  async #sendAll<T>(source: Source<T>, toMessage: (item: T) => EventMessage | string): Promise<boolean> {
    const items: unknown = await (typeof source === "function" ? source(this) : source);
    if (typeof source === "function" && isNothing(items)) return !this.isClosing;
    const reader = readItems(items as Items<T>);
    const lateError = (error: unknown): void => this.hooks.reportLate(error);
    if (this.isClosing) {
      reader.return(lateError);
      return false;
    }
    return sendItems(reader, {
      send: (item) => this.send(toMessage(item)),
      drained: () => this.drained(),
      isCongested: () => this.bufferedBytes >= this.#runAhead,
      onClosing: (listener) => this.closure.onStart(listener),
      lateError,
    });
  }

  drained(): Promise<boolean> {
    return this.isClosing ? Promise.resolve(false) : this.writer.drained();
  }

  end(message?: EventMessage): void {
    if (this.isClosing || this.#ending) return;
    const last: EventMessage = { event: "end", data: "", ...message };
    encode(last, this.options); // a mistake in it is the caller's
    this.#expectNoId(last.id);
    this.#ending = this.subscription?.deferEnd(() => this.#end(last, message !== undefined)) ?? false;
    if (!this.#ending) this.#end(last, message !== undefined);
  }

  #end(last: EventMessage, wanted: boolean): void {
    const marked = this.exchange.method === "GET" || acceptsEventStream(this.exchange);
    if (marked) last.id = (last.id ?? this.subscription?.cursor ?? this.#lastSentId ?? "") + END_SUFFIX;
    if (marked || wanted) this.push(createFrame(encode(last, this.options)));
    this.finish("ended");
  }

  get #runAhead(): number {
    return Math.min(RUN_AHEAD_BYTES, this.options.maxBufferedBytes / 2);
  }

  /** What this stream is for a channel. */
  [PORT](): StreamPort {
    const isClosed = (): boolean => this.isClosing;
    const isCongested = (): boolean => this.writer.isCongested(this.#runAhead);
    let forget = (): void => {};
    const requested = this.#wasSubscribed ? NO_ID : this.requested; // what came after it has been seen to
    return {
      requested,
      get closed() {
        return isClosed();
      },
      get congested() {
        return isCongested();
      },
      attach: (subscription) => {
        if (this.subscription !== undefined) {
          throw new SseError(
            "ERR_SSE_SUBSCRIBED",
            "This stream is subscribed already: a client has one last event ID, so one subscription. Use topics",
          );
        }
        this.subscription = subscription;
        this.#wasSubscribed = true;
        forget = this.closure.onStart(() => subscription.closed());
      },
      detach: () => {
        forget();
        this.subscription = undefined;
      },
      push: (frame: Frame, id, flush) => {
        if (this.push(frame, flush) && id !== undefined) this.#lastSentId = id;
      },
      flush: () => this.writer.flush(),
      drained: () => this.drained(),
      end: (after) => {
        if (after === undefined) this.finish("ended");
        else this.#end({ event: "end", data: "", id: after }, false);
      },
      close: () => this.close(),
      fail: (error) => this.fail(error),
      report: (error) => this.hooks.report(error),
    };
  }
}

/** What a function returns that has nothing to send: also what an arrow function returns without meaning to. */
function isNothing(result: unknown): boolean {
  return result === undefined || result === null || typeof result === "boolean" || typeof result === "number";
}
