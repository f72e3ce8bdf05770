import { Readable } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";
import { joinFrames, NodeExchange, SseError, type Frame, type HeaderChanges } from "@ssekit/node";

/** What is used of a Koa context, 2 or 3. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  status: number;
  body: unknown;
  readonly headerSent: boolean;
  readonly writable: boolean;
  set(name: string, value: string): void;
  remove(name: string): void;
  onerror(error: Error): void;
}

const HIGH_WATER_MARK = 16 * 1024;

// What Koa is told when a client leaves in the middle of a response: by its pipeline from 3.1 on, by the socket before.
const DEPARTURES = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE", "ECANCELED"]);

/**
 * A stream in `ctx.body`. Koa sends it when all middleware is done, so middleware can still set headers and wrap it.
 */
export class KoaExchange extends NodeExchange {
  readonly #ctx: KoaContext;
  readonly #decided: () => void;
  readonly #body = new Readable({ highWaterMark: HIGH_WATER_MARK, read: () => this.#read() });
  #blocked = false;
  #onDrain: (() => void) | undefined;

  /** @param decided called when the response is in `ctx`. */
  constructor(ctx: KoaContext, fail: (error: unknown) => void, decided: () => void) {
    super(ctx.req, ctx.res, fail);
    this.#ctx = ctx;
    this.#decided = decided;
  }

  override begin(headers: HeaderChanges): void {
    this.#expectUnsent();
    this.#answer(200, headers, this.#body);
    this.keepOpen();
    this.#ignoreDeparture();
  }

  override reply(status: number, headers: HeaderChanges, body?: string): void {
    this.#expectUnsent();
    // A stream, since a string has a length, which a HEAD would tell.
    this.#answer(status, headers, status === 204 ? null : Readable.from(body === undefined ? [] : [body]));
  }

  #answer(status: number, headers: HeaderChanges, body: Readable | null): void {
    this.setHeaders(headers); // before the body, which would have Koa guess a type
    this.#ctx.status = status;
    this.#ctx.body = body;
    this.#decided();
  }

  #expectUnsent(): void {
    if (!this.#ctx.headerSent && this.#ctx.writable) return;
    const error = this.answered();
    this.fail(error);
    throw error;
  }

  protected override answered(): SseError {
    return new SseError(
      "ERR_SSE_HEADERS_SENT",
      "ctx.sse(source): the response was sent before the source had its first item. Return or await ctx.sse(source)",
    );
  }

  /** For an event stream a client that leaves is the usual end, not an error of the app. */
  #ignoreDeparture(): void {
    const ctx = this.#ctx;
    const { onerror } = ctx;
    ctx.onerror = (error) => {
      const departure = DEPARTURES.has((error as { code?: string } | null)?.code ?? "");
      // A database's lost connection has such a code too, and its request still waits for an answer.
      if (!departure || !(ctx.headerSent || this.gone)) onerror.call(ctx, error);
    };
  }

  override onClose(listener: (error?: Error) => void): void {
    super.onClose((error) => {
      if (error !== undefined) this.fail(error);
      listener(error);
    });
  }

  override write(frames: readonly Frame[]): boolean {
    this.#blocked = !this.#body.push(joinFrames(frames));
    return !this.#blocked;
  }

  #read(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#onDrain?.();
  }

  override get bufferedBytes(): number {
    return this.#body.readableLength + super.bufferedBytes;
  }

  override onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  override end(last = false): void {
    if (last) this.endConnection();
    this.#body.push(null);
  }
}
