import { Readable } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";
import { SseError } from "@ssekit/node";
import {
  BodySink,
  DeferredExchange,
  type BeginOptions,
  type HeaderChanges,
  type Sink,
} from "@ssekit/node/adapter";
import { onReplacedBody } from "./replaced-body.js";

/** The members of a Koa 2 or Koa 3 context that the adapter uses. */
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

// The codes of the errors that Koa gets when a client leaves during a response. From 3.1 on they come from its
// pipeline, in earlier versions from the socket.
const DEPARTURES = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE", "ECANCELED"]);

/**
 * The exchange that puts the event stream into `ctx.body`. Koa sends the body after all middleware has returned, so
 * middleware can still set headers and wrap the body.
 */
export class KoaExchange extends DeferredExchange {
  readonly #ctx: KoaContext;

  /**
   * @param fail takes an error that came before the head.
   * @param decided called when the status, the headers and the body are set on `ctx`.
   */
  constructor(ctx: KoaContext, fail: (error: unknown) => void, decided: () => void) {
    super(ctx.req, ctx.res, fail, decided);
    this.#ctx = ctx;
  }

  override begin(headers: HeaderChanges, { directWrites }: BeginOptions): Sink {
    this.expectUnsent(this.#isUnsent);
    const sink = new BodySink(this.req, this.res, this.owner, directWrites);
    const before = Object.keys(headers).map((name) => [name, this.res.getHeader(name)] as const);
    this.#answer(200, headers, sink.body);
    const replaced = (): void => {
      for (const [name, value] of before) {
        if (this.responseHeader(name) !== headers[name]) continue; // the app has changed it after us
        if (value === undefined) this.res.removeHeader(name);
        else this.res.setHeader(name, value);
      }
      this.#notSent(sink);
    };
    onReplacedBody(this.#ctx.response, replaced);
    this.#watchErrors(sink);
    // "resume": Koa sends the body now. Middleware may have set a 201 meanwhile, on which EventSource gives up.
    sink.body.once("resume", () => !this.res.headersSent && (this.res.statusCode = 200));
    this.drainRequest();
    return sink;
  }

  override reply(status: number, headers: HeaderChanges, body?: string): void {
    this.expectUnsent(this.#isUnsent);
    // A stream, because Koa would set Content-Length for a string, also in the response to a HEAD.
    this.#answer(status, headers, status === 204 ? null : Readable.from(body === undefined ? [] : [body]));
  }

  #answer(status: number, headers: HeaderChanges, body: Readable | null): void {
    this.setHeaders(headers); // before the body: setting a body makes Koa guess a content type if there is none
    this.#ctx.status = status;
    this.#ctx.body = body;
    this.decided();
  }

  get #isUnsent(): boolean {
    return !this.#ctx.headerSent && this.#ctx.writable;
  }

  protected override answered(): SseError {
    return new SseError(
      "ERR_SSE_HEADERS_SENT",
      "ctx.sse(source): the response was sent before the source had its first item. Return or await ctx.sse(source)",
    );
  }

  /** Closes the stream when the app has answered in another way. The headers and the body are then the app's. */
  #notSent(sink: BodySink): void {
    this.owner.sinkClosed(
      new SseError(
        "ERR_SSE_NOT_SENT",
        "ctx.sse(): the stream was not sent, because middleware threw an error or replaced ctx.body",
      ),
    );
    sink.body.destroy();
  }

  /**
   * Keeps the error of a client that leaves from the app, since most event streams end in this way. Any other error
   * goes to the app and closes the stream.
   */
  #watchErrors(sink: BodySink): void {
    const ctx = this.#ctx;
    const { onerror } = ctx;
    ctx.onerror = (error) => {
      const departure = DEPARTURES.has((error as { code?: string } | null)?.code ?? "");
      // The app's own error, such as a lost database connection, may have the same code. Then the client still waits.
      if (departure && (ctx.headerSent || this.gone)) return;
      if (error && !ctx.headerSent) this.#notSent(sink);
      onerror.call(ctx, error);
    };
  }
}
