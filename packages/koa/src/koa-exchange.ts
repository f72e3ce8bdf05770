import { Readable } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";
import { SseError } from "@ssekit/node";
import { NodeExchange, type BeginOptions, type HeaderChanges, type Sink } from "@ssekit/node/adapter";
import { BodySink } from "./body-sink.js";
import { onReplacedBody } from "./replaced-body.js";

/** What is used of a Koa context, 2 or 3. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly response: { body?: unknown };
  status: number;
  body: unknown;
  readonly headerSent: boolean;
  readonly writable: boolean;
  set(name: string, value: string): void;
  remove(name: string): void;
  onerror(error: Error): void;
}

// What Koa is told when a client leaves in the middle of a response: by its pipeline from 3.1 on, by the socket before.
const DEPARTURES = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE", "ECANCELED"]);

/**
 * A stream in `ctx.body`. Koa sends it when all middleware is done, so middleware can still set headers and wrap it.
 */
export class KoaExchange extends NodeExchange {
  readonly #ctx: KoaContext;
  readonly #fail: (error: unknown) => void;
  readonly #decided: () => void;

  /** @param decided called when the response is in `ctx`. */
  constructor(ctx: KoaContext, fail: (error: unknown) => void, decided: () => void) {
    super(ctx.req, ctx.res);
    this.#ctx = ctx;
    this.#fail = fail;
    this.#decided = decided;
  }

  override begin(headers: HeaderChanges, { directWrites }: BeginOptions): Sink {
    this.#expectUnsent();
    const sink = new BodySink(this.req, this.res, this.owner, directWrites);
    const before = Object.keys(headers).map((name) => [name, this.res.getHeader(name)] as const);
    this.#answer(200, headers, sink.body);
    const replaced = (): void => {
      for (const [name, value] of before) {
        if (this.responseHeader(name) !== headers[name]) continue; // the app has set another since
        if (value === undefined) this.res.removeHeader(name);
        else this.res.setHeader(name, value);
      }
      this.#notSent(sink);
    };
    onReplacedBody(this.#ctx.response, replaced);
    this.#watchErrors(sink);
    // Koa sends it now: EventSource gives up on a 201 that middleware has set meanwhile.
    sink.body.once("resume", () => !this.res.headersSent && (this.res.statusCode = 200));
    this.drainRequest();
    return sink;
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

  /** Somebody else has answered, whose headers and body they are. */
  #notSent(sink: BodySink): void {
    this.owner.sinkClosed(
      new SseError("ERR_SSE_NOT_SENT", "ctx.sse(): middleware threw, or replaced ctx.body"),
    );
    sink.body.destroy();
  }

  /** For an event stream a client that leaves is the usual end, not an error of the app. Any other is its end too. */
  #watchErrors(sink: BodySink): void {
    const ctx = this.#ctx;
    const { onerror } = ctx;
    ctx.onerror = (error) => {
      const departure = DEPARTURES.has((error as { code?: string } | null)?.code ?? "");
      // A database's lost connection has such a code too, and its request still waits for an answer.
      if (departure && (ctx.headerSent || this.gone)) return;
      if (error && !ctx.headerSent) this.#notSent(sink);
      onerror.call(ctx, error);
    };
  }

  protected override closeError(): Error | undefined {
    const error = super.closeError();
    if (error !== undefined) this.fail(error);
    return error;
  }

  protected handOver(error: unknown): void {
    this.#fail(error);
  }
}
