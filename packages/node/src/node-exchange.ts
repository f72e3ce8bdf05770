import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from "node:http2";
import { joinFrames, SseError, type Exchange, type Frame, type HeaderChanges, type Sink } from "@ssekit/core";

/** A request of `node:http`, `node:https` or the compatibility API of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** Its response. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

// How many event streams an HTTP/2 session has.
const streamsOn = new WeakMap<object, number>();

// On a response that has a stream. A registered symbol, so that two copies of this package see it.
const OPENED = Symbol.for("ssekit.opened/1");

/** The exchange of Node's own servers, and of the frameworks that hand out Node's request and response. */
export class NodeExchange implements Exchange, Sink {
  readonly method: string;
  readonly url: string;
  protected readonly req: IncomingMessage;
  /** An HTTP/2 response is much the same, and has a stream. */
  protected readonly res: ServerResponse & {
    readonly stream?: ServerHttp2Stream | null;
    flush?(): void;
    [OPENED]?: true;
  };
  readonly #fail: (error: unknown) => void;
  #begun = false;

  /** @param fail hands an error that came before the head to the framework. */
  constructor(req: NodeRequest, res: NodeResponse, fail: (error: unknown) => void) {
    this.req = req as IncomingMessage;
    this.res = res as ServerResponse;
    this.#fail = fail;
    this.method = req.method ?? "GET";
    this.url = req.url ?? "/";
  }

  /**
   * Takes the response for this stream.
   *
   * @throws {SseError} `ERR_SSE_ALREADY_OPEN`
   */
  claim(): void {
    if (this.res[OPENED]) {
      throw new SseError(
        "ERR_SSE_ALREADY_OPEN",
        "This response has an event stream already; keep the one that was returned",
      );
    }
    this.res[OPENED] = true;
  }

  /** Gives it back, untouched. */
  release(): void {
    delete this.res[OPENED];
  }

  protected get isHttp2(): boolean {
    return this.req.httpVersionMajor >= 2;
  }

  get gone(): boolean {
    if (this.res.writableEnded) return false;
    if (this.isHttp2) return this.res.stream?.destroyed ?? true;
    // The socket is not asked of the response: one that waits behind another on its connection has none yet.
    return this.res.destroyed || this.req.socket.destroyed;
  }

  get headSent(): boolean {
    return this.res.headersSent || this.res.writableEnded;
  }

  get sink(): Sink {
    return this;
  }

  requestHeader(name: string): string | undefined {
    const value = this.req.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  responseHeader(name: string): string | undefined {
    const value = this.res.getHeader(name);
    return value === undefined ? undefined : String(value);
  }

  begin(headers: HeaderChanges): void {
    this.setHeaders(headers);
    this.keepOpen();
    this.res.writeHead(200); // leaves with the first block, in one packet
  }

  reply(status: number, headers: HeaderChanges, body?: string): void {
    this.setHeaders(headers);
    this.res.writeHead(status);
    this.res.end(body);
  }

  protected setHeaders(headers: HeaderChanges): void {
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) this.res.removeHeader(name);
      else if (name !== "connection" || !this.isHttp2) this.res.setHeader(name, value);
    }
  }

  /** Prepares the connection for a stream. A server's idle timeout is not for one, which has its own. */
  protected keepOpen(): void {
    this.#begun = true;
    if (this.isHttp2) return this.#countOnSession();
    this.req.socket.setTimeout(0);
    this.req.socket.setNoDelay(true);
  }

  fail(error: unknown): void {
    this.release(); // for the app's error handler
    this.#fail(error);
  }

  write(frames: readonly Frame[]): boolean {
    const more = this.res.write(joinFrames(frames));
    this.res.flush?.(); // what wraps the response, such as compression, collects until it is told
    return more;
  }

  get bufferedBytes(): number {
    return this.res.writableLength;
  }

  // After all microtasks: what an async generator yields in one turn leaves in one write.
  schedule(flush: () => void): void {
    process.nextTick(flush);
  }

  onDrain(listener: () => void): void {
    this.res.on("drain", listener);
  }

  // On the response: the request closes as soon as its body has been read.
  onClose(listener: (error?: Error) => void): void {
    this.res.on("error", () => {}); // a write to a client that has just left; close follows
    const gone = (): void =>
      listener(!this.#begun && this.res.writableFinished ? this.answered() : undefined);
    this.res.on("close", gone);
    if (!this.isHttp2 && this.res.socket === null) {
      // It waits behind another response on its connection, and would not hear of that going away.
      const { socket } = this.req;
      allowListeners(socket, 1); // any number may wait
      socket.on("close", gone);
      this.res.on("close", () => {
        socket.off("close", gone);
        allowListeners(socket, -1);
      });
    }
    // An HTTP/2 stream that its client has reset is not over before its unsent bytes are, which nobody takes any more.
    const { stream } = this.res;
    stream?.on("aborted", () => stream.destroy());
  }

  /** The error of a source whose response has been sent without it. */
  protected answered(): SseError {
    return new SseError(
      "ERR_SSE_HEADERS_SENT",
      "The response was sent by somebody else before the source of its event stream had its first item",
    );
  }

  end(last = false): void {
    if (last) this.endConnection();
    this.res.end();
  }

  abort(last = false): void {
    if (last) this.endConnection();
    if (this.isHttp2) this.res.stream?.destroy();
    else this.res.destroy();
  }

  /** Closes the connection when this response is over, and on HTTP/2 every other event stream on it. */
  protected endConnection(): void {
    if (this.isHttp2) {
      const { session } = this.res.stream ?? {};
      this.res.once("close", () => {
        // Some clients give up everything on a session at the word that it will go away.
        if (session && !streamsOn.has(session)) session.close();
      });
    } else {
      const { socket } = this.req;
      this.res.once("finish", () => socket.destroySoon());
    }
  }

  /** Counts the event streams on a session. */
  #countOnSession(): void {
    const { session } = this.res.stream ?? {};
    if (!session) return;
    streamsOn.set(session, (streamsOn.get(session) ?? 0) + 1);
    this.res.once("close", () => {
      const left = streamsOn.get(session)! - 1;
      if (left > 0) streamsOn.set(session, left);
      else streamsOn.delete(session);
    });
  }
}

/** Moves the number of listeners at which Node warns of a leak; 0 is no limit. */
function allowListeners(emitter: EventEmitter, more: number): void {
  emitter.setMaxListeners((emitter.getMaxListeners() || Infinity) + more);
}
