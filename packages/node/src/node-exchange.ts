import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { SseError } from "@ssekit/core";
import type { BeginOptions, Exchange, HeaderChanges, Sink, SinkOwner } from "@ssekit/core/adapter";
import {
  listenForClose,
  OWNER,
  type NodeRequest,
  type NodeResponse,
  type OwnedResponse,
  type ResponseOwner,
} from "./node-response.js";
import { ResponseSink } from "./response-sink.js";

// Marks a socket on which an event stream waits for its turn. A registered symbol, for the same reason as OWNER.
const WAITING = Symbol.for("ssekit.waiting/1");

type StreamSocket = Socket & {
  /** The response whose turn it is. A private field of Node, which every version has. */
  _httpMessage?: OwnedResponse | null;
  [WAITING]?: true;
};

/**
 * The request and the response of Node's own servers, and of the frameworks that hand them out.
 *
 * An adapter extends this class with `handOver`, and gives an instance to `openOn`.
 */
export abstract class NodeExchange implements Exchange, ResponseOwner {
  /** The request's method, such as `GET`. */
  readonly method: string;
  /** The path and query of the request. */
  readonly url: string;
  /** The request of Node's server. */
  protected readonly req: IncomingMessage;
  /** The response of Node's server. */
  protected readonly res: OwnedResponse;
  /** The stream to notify. It is set by `watch`. */
  protected owner!: SinkOwner;

  constructor(req: NodeRequest, res: NodeResponse) {
    this.req = req as IncomingMessage;
    this.res = res as ServerResponse;
    this.method = req.method ?? "GET";
    this.url = req.url ?? "/";
  }

  /**
   * Reserves the response for this stream.
   *
   * @throws {SseError} `ERR_SSE_ALREADY_OPEN` if the response has an event stream
   */
  claim(): void {
    if (this.res[OWNER] !== undefined) {
      throw new SseError(
        "ERR_SSE_ALREADY_OPEN",
        "This response already has an event stream; use the one that the first call returned",
      );
    }
    this.res[OWNER] = this;
  }

  /** Ends the reservation. Another stream may then use the response. */
  release(): void {
    delete this.res[OWNER];
  }

  /** Whether the request came by HTTP/2. */
  protected get isHttp2(): boolean {
    return this.req.httpVersionMajor >= 2;
  }

  /** Whether the client had left before the stream could open. */
  get gone(): boolean {
    if (this.res.writableEnded) return false;
    if (this.isHttp2) return this.res.stream?.destroyed ?? true;
    // The request's socket, because a response that waits behind another one on its connection has no socket yet.
    return this.res.destroyed || this.req.socket.destroyed;
  }

  /** Whether the response waits on its connection for an event stream to end. */
  get isBehindStream(): boolean {
    if (!this.#waits) return false;
    const socket: StreamSocket = this.req.socket;
    const { _httpMessage: current } = socket;
    return socket[WAITING] ?? current?.[OWNER] !== undefined;
  }

  /** Whether the response waits for its turn on the connection. */
  get #waits(): boolean {
    return !this.isHttp2 && this.res.socket === null;
  }

  /** Whether the response's head has already been sent by other code. */
  get headSent(): boolean {
    return this.res.headersSent || this.res.writableEnded;
  }

  /** Returns a request header by its lower-case name. */
  requestHeader(name: string): string | undefined {
    const value = this.req.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  /** Returns a header that the app has set on the response, by its lower-case name. */
  responseHeader(name: string): string | undefined {
    const value = this.res.getHeader(name);
    return value === undefined ? undefined : String(value);
  }

  /** Notifies the owner from now on when the client leaves. */
  watch(owner: SinkOwner): void {
    this.owner = owner;
    listenForClose(this.res);
    if (this.#waits) this.#listenToSocket();
  }

  /** Listens to the socket, because a response that waits for its turn gets no event when the connection closes. */
  #listenToSocket(): void {
    const { res } = this;
    const socket: StreamSocket = this.req.socket;
    const closed = (): void => res[OWNER]?.responseClosed();
    socket[WAITING] = true;
    socket.on("close", closed);
    res.on("close", () => {
      delete socket[WAITING];
      socket.off("close", closed);
    });
  }

  /** Sets the head of status 200, and returns the sink that takes the body. */
  begin(headers: HeaderChanges, { directWrites }: BeginOptions): Sink {
    this.setHeaders(headers);
    this.res.writeHead(200); // Node sends it together with the first block, in one packet
    this.drainRequest();
    return new ResponseSink(this.req, this.res, this.owner, directWrites);
  }

  /** Reads and drops a request body that the app does not read: while it is unread, Node does not notice that the client left. */
  protected drainRequest(): void {
    const { req } = this;
    if (this.isHttp2 || !(req.headers["content-length"] ?? req.headers["transfer-encoding"])) return;
    setImmediate(() => req.readableFlowing === null && req.resume()); // later, because the app may start reading in this turn
  }

  /** Sends a whole response. */
  reply(status: number, headers: HeaderChanges, body?: string): void {
    this.setHeaders(headers);
    this.res.writeHead(status);
    this.res.end(body);
  }

  /** Sets headers on the response, and removes those whose value is `null`. */
  protected setHeaders(headers: HeaderChanges): void {
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) this.res.removeHeader(name);
      else if (name !== "connection" || !this.isHttp2) this.res.setHeader(name, value);
    }
  }

  /** Hands an error that came before the head to the framework. */
  fail(error: unknown): void {
    this.release(); // the app's error handler may open a stream itself
    this.handOver(error);
  }

  /** Gives an error that came before the head to the framework, as an error of the app's handler. */
  protected abstract handOver(error: unknown): void;

  // What follows is used until there is a sink, which then owns the response.

  /** Notifies the owner that the response is over. */
  responseClosed(): void {
    this.owner.sinkClosed(this.closeError());
  }

  /** Returns why the response is over before the stream began. `undefined` means that the client has left. */
  protected closeError(): Error | undefined {
    return this.res.writableFinished ? this.answered() : undefined;
  }

  /** Does nothing, because nothing has been written. */
  responseDrained(): void {}

  /** Makes the error for a source whose response was sent before the source had its first item. */
  protected answered(): SseError {
    return new SseError(
      "ERR_SSE_HEADERS_SENT",
      "The response was sent by other code before the source of its event stream had its first item",
    );
  }
}
