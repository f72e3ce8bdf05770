import type { Exchange, HeaderChanges } from "./exchange.js";
import type { Sink, SinkOwner } from "./sink.js";
import { WebSink } from "./web-sink.js";
import { WorkerRequest, workerGlobals, type RequestContext } from "./worker-request.js";
import { WorkerSink } from "./worker-sink.js";

/** The exchange of a fetch-style framework, which takes a `Request` and returns a `Response`. */
export class WebExchange implements Exchange {
  readonly method: string;
  readonly url: string;
  readonly context: RequestContext | undefined;
  readonly #worker = workerGlobals();
  readonly #request: Request;
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: unknown) => void;
  // Called when the client leaves before the head is sent.
  readonly #onAbort = (): void => {
    this.#answerNobody();
    this.#owner?.sinkClosed();
  };
  #headSent = false;
  #owner: SinkOwner | undefined;

  /**
   * @param resolve is called with the response when its head is decided.
   * @param reject is called with an error that came before the head was decided.
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
    this.context = this.#worker && new WorkerRequest(this.#worker);
    if (this.gone) this.#answerNobody();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get gone(): boolean {
    return this.#signal?.aborted ?? false;
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  requestHeader(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }

  /** Returns a header that a framework has collected for the response. Without a framework there is none. */
  responseHeader(_name: string): string | undefined {
    return undefined;
  }

  /** Makes the response. A framework may override this method. */
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
   * Cuts the connection of the response, for a framework that can. `false`: it cannot, so the runtime cuts it when
   * the body fails.
   *
   * @param _afterSent whether everything that was written is sent first.
   */
  protected cut(_afterSent: boolean): boolean {
    return false;
  }

  watch(owner: SinkOwner): void {
    this.#owner = owner;
  }

  begin(headers: HeaderChanges): Sink {
    const sink = this.#createSink(this.#owner!);
    this.#respond(sink.body, 200, headers);
    this.#removeListener(); // the sink listens from now on
    return sink;
  }

  #createSink(owner: SinkOwner): WebSink | WorkerSink {
    if (this.#worker !== undefined) return new WorkerSink(this.#worker, owner, this.context!, this.#signal);
    return new WebSink(owner, this.#signal, (afterSent) => this.cut(afterSent));
  }

  reply(status: number, headers: HeaderChanges, body?: string): void {
    this.#removeListener();
    this.#respond(body ?? null, status, headers);
  }

  fail(error: unknown): void {
    this.#removeListener();
    this.#reject(error);
  }

  #respond(body: string | ReadableStream<Uint8Array> | null, status: number, changes: HeaderChanges): void {
    const { connection: _, ...rest } = changes; // a fetch-style response may not set it
    const response = this.createResponse(body, status, rest);
    this.#headSent = true;
    this.#resolve(response);
  }

  #removeListener(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  /** Resolves with a response, although the client is gone, because the framework waits for one. */
  #answerNobody(): void {
    this.#headSent = true;
    this.#resolve(new Response(null, { status: 499 }));
  }
}
