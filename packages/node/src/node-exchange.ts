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

// An event stream waits for its turn on this connection. Registered, as OWNER is.
const WAITING = Symbol.for("ssekit.waiting/1");

type StreamSocket = Socket & {
  /** The response that has its turn: Node's own, in every version. */
  _httpMessage?: OwnedResponse | null;
  [WAITING]?: true;
};

/** The exchange of Node's own servers, and of the frameworks that hand out Node's request and response. */
export abstract class NodeExchange implements Exchange, ResponseOwner {
  readonly method: string;
  readonly url: string;
  protected readonly req: IncomingMessage;
  protected readonly res: OwnedResponse;
  /** There from `watch` on. */
  protected owner!: SinkOwner;

  constructor(req: NodeRequest, res: NodeResponse) {
    this.req = req as IncomingMessage;
    this.res = res as ServerResponse;
    this.method = req.method ?? "GET";
    this.url = req.url ?? "/";
  }

  /**
   * Takes the response for this stream.
   *
   * @throws {SseError} `ERR_SSE_ALREADY_OPEN`
   */
  claim(): void {
    if (this.res[OWNER] !== undefined) {
      throw new SseError(
        "ERR_SSE_ALREADY_OPEN",
        "This response has an event stream already; keep the one that was returned",
      );
    }
    this.res[OWNER] = this;
  }

  /** Gives it back, untouched. */
  release(): void {
    delete this.res[OWNER];
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

  get isBehindStream(): boolean {
    if (!this.#waits) return false;
    const socket: StreamSocket = this.req.socket;
    const { _httpMessage: current } = socket;
    return socket[WAITING] ?? current?.[OWNER] !== undefined;
  }

  /** The response waits for its turn on the connection. */
  get #waits(): boolean {
    return !this.isHttp2 && this.res.socket === null;
  }

  get headSent(): boolean {
    return this.res.headersSent || this.res.writableEnded;
  }

  requestHeader(name: string): string | undefined {
    const value = this.req.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  responseHeader(name: string): string | undefined {
    const value = this.res.getHeader(name);
    return value === undefined ? undefined : String(value);
  }

  watch(owner: SinkOwner): void {
    this.owner = owner;
    listenForClose(this.res);
    if (this.#waits) this.#listenToSocket();
  }

  /** A response that waits behind another on its connection would not hear of that going away. */
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

  begin(headers: HeaderChanges, { directWrites }: BeginOptions): Sink {
    this.setHeaders(headers);
    this.res.writeHead(200); // leaves with the first block, in one packet
    this.drainRequest();
    return new ResponseSink(this.req, this.res, this.owner, directWrites);
  }

  /** A body that nobody reads stops the connection, so that it would not tell when the client leaves. */
  protected drainRequest(): void {
    const { req } = this;
    if (this.isHttp2 || !(req.headers["content-length"] ?? req.headers["transfer-encoding"])) return;
    setImmediate(() => req.readableFlowing === null && req.resume()); // not before the app may have begun to read it
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

  fail(error: unknown): void {
    this.release(); // for the app's error handler
    this.handOver(error);
  }

  /** Hands an error that came before the head to the framework. */
  protected abstract handOver(error: unknown): void;

  // --- before there is a sink

  responseClosed(): void {
    this.owner.sinkClosed(this.closeError());
  }

  /** `undefined`: the client has left. */
  protected closeError(): Error | undefined {
    return this.res.writableFinished ? this.answered() : undefined;
  }

  responseDrained(): void {}

  /** The error of a source whose response has been sent without it. */
  protected answered(): SseError {
    return new SseError(
      "ERR_SSE_HEADERS_SENT",
      "The response was sent by somebody else before the source of its event stream had its first item",
    );
  }
}
