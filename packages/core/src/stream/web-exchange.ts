import type { Exchange, HeaderChanges } from "./exchange.js";
import { joinFrames, type Frame } from "../format/frame.js";
import type { Sink } from "./sink.js";

const HIGH_WATER_MARK = 16 * 1024;

/** The exchange of a fetch-style framework: a `Request` in, a `Response` out. */
export class WebExchange implements Exchange, Sink {
  readonly method: string;
  readonly url: string;
  readonly #request: Request;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onAbort = (): void => {
    this.#controller?.close();
    this.#close();
  };
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #headSent = false;
  #blocked = false;
  #ending = false;
  #onDrain: (() => void) | undefined;
  #onClose: ((error?: Error) => void) | undefined;

  /** @param resolve called with the response when its head is decided. @param reject with an error before that. */
  constructor(request: Request, resolve: (response: Response) => void, reject: (error: unknown) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.method = request.method;
    this.url = request.url;
    if (this.gone) this.#answerNobody();
    else request.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get gone(): boolean {
    return this.#request.signal?.aborted ?? false;
  }

  get ownTimer(): boolean {
    return globalThis.navigator?.userAgent === "Cloudflare-Workers";
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  get sink(): Sink {
    return this;
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

  #respond(body: string | ReadableStream<Uint8Array> | null, status: number, changes: HeaderChanges): void {
    const { connection: _, ...rest } = changes; // a fetch-style response has none of its own
    const response = this.createResponse(body, status, rest);
    this.#headSent = true;
    this.#resolve(response);
  }

  begin(headers: HeaderChanges): void {
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: () => this.#close(),
      },
      { highWaterMark: HIGH_WATER_MARK, size: (chunk) => chunk.byteLength },
    );
    this.#respond(body, 200, headers);
  }

  reply(status: number, headers: HeaderChanges, body?: string): void {
    this.#forget();
    this.#respond(body ?? null, status, headers);
  }

  fail(error: unknown): void {
    this.#forget();
    this.#reject(error);
  }

  write(frames: readonly Frame[]): boolean {
    this.#controller!.enqueue(joinFrames(frames));
    this.#blocked = this.#controller!.desiredSize! <= 0;
    return !this.#blocked;
  }

  get bufferedBytes(): number {
    const desired = this.#controller?.desiredSize;
    return desired === null || desired === undefined ? 0 : HIGH_WATER_MARK - desired;
  }

  // A microtask would be too early: an async generator that yields ten times in one turn takes many of them.
  schedule(flush: () => void): void {
    setTimeout(flush, 0);
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  onClose(listener: (error?: Error) => void): void {
    this.#onClose = listener;
  }

  end(): void {
    this.#ending = true;
    if (this.bufferedBytes === 0) this.#pull();
  }

  abort(): void {
    this.#forget();
    this.#controller?.error(new Error("The event stream was cut"));
  }

  /** The reader wants more. */
  #pull(): void {
    if (this.#ending) {
      if (this.bufferedBytes > 0) return;
      this.#controller!.close();
      this.#close();
    } else if (this.#blocked) {
      this.#blocked = false;
      this.#onDrain?.();
    }
  }

  #close(): void {
    this.#forget();
    if (!this.#headSent) this.#answerNobody();
    this.#onClose?.();
  }

  #forget(): void {
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
  }

  /** The client is gone, but the framework still waits for a response. */
  #answerNobody(): void {
    this.#headSent = true;
    this.#resolve(new Response(null, { status: 499 }));
  }
}
