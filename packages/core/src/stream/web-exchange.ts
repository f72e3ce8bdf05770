import type { Exchange, HeaderChanges } from "./exchange.js";
import type { Sink, SinkOwner } from "./sink.js";
import { WebSink } from "./web-sink.js";

/** The exchange of a fetch-style framework: a `Request` in, a `Response` out. */
export class WebExchange implements Exchange {
  readonly method: string;
  readonly url: string;
  readonly #request: Request;
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: unknown) => void;
  // The client has left before the head.
  readonly #onAbort = (): void => {
    this.#answerNobody();
    this.#owner?.sinkClosed();
  };
  #headSent = false;
  #owner: SinkOwner | undefined;

  /**
   * @param resolve called with the response when its head is decided.
   * @param reject with an error before that.
   * @param signal aborts when the client leaves.
   */
  constructor(
    request: Request,
    resolve: (response: Response) => void,
    reject: (error: unknown) => void,
    signal: AbortSignal | undefined = request.signal,
  ) {
    this.#request = request;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.method = request.method;
    this.url = request.url;
    if (this.gone) this.#answerNobody();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get gone(): boolean {
    return this.#signal?.aborted ?? false;
  }

  get ownTimer(): boolean {
    return globalThis.navigator?.userAgent === "Cloudflare-Workers";
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  requestHeader(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }

  /** A header that a framework has collected for the response. There is none without a framework. */
  responseHeader(_name: string): string | undefined {
    return undefined;
  }

  /** Makes the response, which a framework may do in a way of its own. */
  protected createResponse(
    body: string | ReadableStream<Uint8Array> | null,
    status: number,
    changes: HeaderChanges,
  ): Response {
    const headers = new Headers();
    for (const [name, value] of Object.entries(changes)) if (value !== null) headers.set(name, value);
    return new Response(body, { status, headers });
  }

  /**
   * Cuts the connection of the response, `afterSent`: when what was handed on has been sent. `false`: it cannot, and
   * whoever reads the body cuts it, when that fails.
   */
  protected cut(_afterSent: boolean): boolean {
    return false;
  }

  watch(owner: SinkOwner): void {
    this.#owner = owner;
  }

  begin(headers: HeaderChanges): Sink {
    const sink = new WebSink(this.#owner!, this.#signal, (afterSent) => this.cut(afterSent));
    this.#respond(sink.body, 200, headers);
    this.#forget(); // the sink listens
    return sink;
  }

  reply(status: number, headers: HeaderChanges, body?: string): void {
    this.#forget();
    this.#respond(body ?? null, status, headers);
  }

  fail(error: unknown): void {
    this.#forget();
    this.#reject(error);
  }

  #respond(body: string | ReadableStream<Uint8Array> | null, status: number, changes: HeaderChanges): void {
    const { connection: _, ...rest } = changes; // a fetch-style response has none of its own
    const response = this.createResponse(body, status, rest);
    this.#headSent = true;
    this.#resolve(response);
  }

  #forget(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  /** The client is gone, but the framework still waits for a response. */
  #answerNobody(): void {
    this.#headSent = true;
    this.#resolve(new Response(null, { status: 499 }));
  }
}
