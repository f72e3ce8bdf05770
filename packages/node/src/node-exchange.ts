import type { IncomingMessage, ServerResponse } from "node:http";
import { joinFrames, type Exchange, type Frame, type HeaderChanges, type Sink } from "@ssekit/core";

/** The exchange of Node's own servers, and of the frameworks that hand out Node's request and response. */
export class NodeExchange implements Exchange, Sink {
  readonly method: string;
  readonly url: string;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #fail: (error: unknown) => void;

  /** @param fail hands an error that came before the head to the framework. */
  constructor(req: IncomingMessage, res: ServerResponse, fail: (error: unknown) => void) {
    this.#req = req;
    this.#res = res;
    this.#fail = fail;
    this.method = req.method ?? "GET";
    this.url = req.url ?? "/";
  }

  get gone(): boolean {
    // Not of the response: one that waits behind another on its connection has no socket yet.
    return !this.#res.writableEnded && (this.#res.destroyed || this.#req.socket.destroyed);
  }

  get headSent(): boolean {
    return this.#res.headersSent || this.#res.writableEnded;
  }

  get sink(): Sink {
    return this;
  }

  requestHeader(name: string): string | undefined {
    const value = this.#req.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  responseHeader(name: string): string | undefined {
    const value = this.#res.getHeader(name);
    return value === undefined ? undefined : String(value);
  }

  begin(headers: HeaderChanges): void {
    this.#setHead(headers);
    const { socket } = this.#res;
    socket?.setTimeout(0); // a server's idle timeout is not for a stream, which has its own
    socket?.setNoDelay(true);
    this.#res.writeHead(200); // leaves with the first block, in one packet
  }

  reply(status: number, headers: HeaderChanges, body?: string): void {
    this.#setHead(headers);
    this.#res.writeHead(status);
    this.#res.end(body);
  }

  #setHead(headers: HeaderChanges): void {
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) this.#res.removeHeader(name);
      else this.#res.setHeader(name, value);
    }
  }

  fail(error: unknown): void {
    this.#fail(error);
  }

  write(frames: readonly Frame[]): boolean {
    const more = this.#res.write(joinFrames(frames));
    // What wraps the response, such as compression, collects until it is told.
    (this.#res as { flush?(): void }).flush?.();
    return more;
  }

  get bufferedBytes(): number {
    return this.#res.writableLength;
  }

  // After all microtasks: what an async generator yields in one turn leaves in one write.
  schedule(flush: () => void): void {
    process.nextTick(flush);
  }

  onDrain(listener: () => void): void {
    this.#res.on("drain", listener);
  }

  // On the response: the request closes as soon as its body has been read.
  onClose(listener: (error?: Error) => void): void {
    this.#res.on("error", () => {}); // a write to a client that has just left; close follows
    this.#res.on("close", () => listener());
  }

  end(last = false): void {
    const { socket } = this.#res;
    this.#res.end(last ? () => socket?.destroySoon() : undefined);
  }

  abort(): void {
    this.#res.destroy();
  }
}
