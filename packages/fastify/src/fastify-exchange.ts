import { Readable } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";
import { SseError, type EventStream } from "@ssekit/node";
import {
  BodySink,
  DeferredExchange,
  portOf,
  type BeginOptions,
  type HeaderChanges,
  type Sink,
} from "@ssekit/node/adapter";

/** The members of a Fastify reply that the adapter uses. */
export interface Reply {
  readonly request: { readonly raw: IncomingMessage };
  readonly raw: ServerResponse;
  readonly sent: boolean;
  code(status: number): unknown;
  header(name: string, value: unknown): unknown;
  getHeader(name: string): number | string | string[] | undefined;
  removeHeader(name: string): unknown;
  send(payload?: unknown): unknown;
}

/**
 * The exchange that sends the event stream as a payload of Fastify, so that hooks and plugins work as for any other
 * payload.
 *
 * The payload is sent at the end of the turn in which the head is decided, so that a handler can still throw an error.
 * Until the exchange is over, its own `reply.send` is in the place of Fastify's: Fastify calls `reply.send` with what
 * a handler returns, and a handler that has opened a stream may return anything.
 */
export class FastifyExchange extends DeferredExchange {
  /** The stream, as soon as it is there. */
  stream: EventStream | undefined;
  readonly #reply: Reply;
  // Fastify's own, or that of a plugin.
  #send: Reply["send"] | undefined;
  #sink: BodySink | undefined;
  /** The headers that the stream has set, and what they were before. */
  #changed: readonly (readonly [name: string, ours: string | null, before: unknown])[] = [];
  #commit: NodeJS.Immediate | undefined;
  #isReplaced = false;
  #isHandlerDone = false;

  /**
   * @param fail takes an error that came before the head.
   * @param decided called when the status and the headers are decided.
   */
  constructor(reply: Reply, fail: (error: unknown) => void, decided: () => void) {
    super(reply.request.raw, reply.raw, fail, decided);
    this.#reply = reply;
  }

  override claim(): void {
    super.claim();
    this.#send = this.#reply.send;
    this.#reply.send = (payload) => this.#intercept(payload);
  }

  override release(): void {
    super.release();
    this.#restoreSend();
  }

  override get headSent(): boolean {
    return super.headSent || this.#reply.sent || this.#isReplaced;
  }

  override responseHeader(name: string): string | undefined {
    const value = this.#reply.getHeader(name);
    return value === undefined ? undefined : String(value);
  }

  protected override setHeaders(headers: HeaderChanges): void {
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) this.#reply.removeHeader(name);
      else if (name !== "connection" || !this.isHttp2) this.#reply.header(name, value);
    }
  }

  override begin(headers: HeaderChanges, { directWrites }: BeginOptions): Sink {
    this.expectUnsent(!this.headSent);
    const { res } = this;
    const sink = (this.#sink = new BodySink(this.req, res, this.owner, directWrites));
    this.#changed = Object.entries(headers).map(([name, ours]) => [name, ours, this.#reply.getHeader(name)]);
    this.#answer(200, headers, sink.body);
    // An onSend hook may have set a 201 meanwhile, on which EventSource gives up.
    res.once("pipe", () => {
      if (!this.#isReplaced && !res.headersSent) res.statusCode = 200;
    });
    this.drainRequest();
    return sink;
  }

  override reply(status: number, headers: HeaderChanges, body?: string): void {
    this.expectUnsent(!this.headSent);
    // Without a body a stream, because Fastify would set Content-Length, also in the response to a HEAD.
    this.#answer(status, headers, body ?? Readable.from([]));
  }

  #answer(status: number, headers: HeaderChanges, payload: unknown): void {
    this.setHeaders(headers);
    this.#reply.code(status);
    this.#commit = setImmediate(() => {
      this.#commit = undefined;
      if (!this.gone) this.#send!.call(this.#reply, payload);
    });
    this.decided();
  }

  /** Takes the place of `reply.send`. */
  #intercept(payload: unknown): unknown {
    const reply = this.#reply;
    if (payload === undefined || (this.stream !== undefined && payload === this.stream)) {
      this.#isHandlerDone = true;
    } else if (!this.res.headersSent) {
      this.#replace();
      reply.send(payload);
    } else if (payload instanceof Error) {
      portOf(this.stream!).fail(payload);
    } else {
      portOf(this.stream!).report(
        new SseError(
          "ERR_SSE_HEADERS_SENT",
          "reply.send(): this response is an event stream, so nothing else can be sent",
        ),
      );
    }
    return reply;
  }

  /** Gives way to another answer of the app. The headers are then the app's. */
  #replace(): void {
    this.#isReplaced = true;
    this.#restoreSend();
    if (this.#commit !== undefined) clearImmediate(this.#commit);
    const sink = this.#sink;
    if (sink === undefined) return; // when the answer has been sent, `responseClosed` closes the stream
    for (const [name, ours, before] of this.#changed) {
      if (this.responseHeader(name) !== (ours ?? undefined)) continue; // the app has changed it after us
      if (before === undefined) this.#reply.removeHeader(name);
      else this.#reply.header(name, before);
    }
    sink.discard();
    this.owner.sinkClosed(
      new SseError(
        "ERR_SSE_NOT_SENT",
        "reply.sse(): the stream was not sent, because the handler threw an error or sent something else",
      ),
    );
  }

  #restoreSend(): void {
    if (this.#send !== undefined) this.#reply.send = this.#send;
    this.#send = undefined;
  }

  protected override answered(): SseError {
    return new SseError(
      "ERR_SSE_HEADERS_SENT",
      "reply.sse(source): the app has sent something else before the source had its first item",
    );
  }

  /** Whether the handler of the route has returned, as far as is known: a handler that is not async does not tell. */
  get isHandlerDone(): boolean {
    return this.#isHandlerDone;
  }

  /** Whether the app has sent something else, or is about to. */
  get isAnswered(): boolean {
    return this.headSent || this.gone;
  }
}
