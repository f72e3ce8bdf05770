import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2Session } from "node:http2";
import type { Socket } from "node:net";
import { joinFrames, type Frame, type Sink, type SinkOwner } from "@ssekit/core/adapter";
import {
  allowsDirectWrites,
  chunkOf,
  plainWrite,
  takesChunk,
  watchResponse,
  type ServerSocket,
} from "./direct-writes.js";
import {
  ignoreSocketDrain,
  listenForDrain,
  listenForSocketDrain,
  OWNER,
  resetStream,
  type OwnedResponse,
  type ResponseOwner,
} from "./node-response.js";
import { countStream, uncountStream } from "./session-streams.js";

// Before a cut: how often the sink checks whether Node has passed on all bytes, and how long the operating system
// then has to send them. In milliseconds.
const LOOK_MS = 10;
const BREAK_MS = 50;

/** Sends the frames of a stream by `res.write` of a Node response. */
export class ResponseSink implements Sink, ResponseOwner {
  /** The request of Node's server. */
  protected readonly req: IncomingMessage;
  /** The response of Node's server. */
  protected readonly res: OwnedResponse;
  /** The stream to notify. */
  protected readonly owner: SinkOwner;
  /** The session of an HTTP/2 response. */
  #session: Http2Session | undefined;
  /** Of HTTP/1. */
  readonly #socket: ServerSocket | undefined;
  // Whether chunks may be written to the socket; `undefined`: that is not known before the head has left.
  #isDirect: boolean | undefined;
  #endsConnection = false;
  #listensForDrain = false;
  #listensToSocket = false;
  #isOver = false;

  /** Becomes the owner of the response in place of its exchange, and prepares the connection. */
  constructor(req: IncomingMessage, res: OwnedResponse, owner: SinkOwner, directWrites: boolean) {
    this.req = req;
    this.res = res;
    this.owner = owner;
    res[OWNER] = this;
    if (req.httpVersionMajor >= 2) {
      this.#session = res.stream?.session;
      if (this.#session !== undefined) countStream(this.#session);
      this.#isDirect = false;
    } else {
      const { socket }: { socket: Partial<Socket> } = req; // a stand-in lacks methods
      socket.setTimeout?.(0); // the server's idle timeout must not close a stream, which has timeouts of its own
      socket.setNoDelay?.(true);
      this.#socket = req.socket;
      this.#isDirect = directWrites ? undefined : false;
    }
  }

  /** Writes the frames in one piece. It returns `false` if the caller should wait for `sinkDrained`. */
  write(frames: readonly Frame[]): boolean {
    if (this.writesDirectly) return this.writeChunk(frames);
    const bytes = joinFrames(frames);
    // Where `res.write` is watched, nobody has replaced it.
    const more = this.#isDirect ? plainWrite.call(this.res, bytes) : this.res.write(bytes);
    this.res.flush?.(); // compression and similar wrappers hold data back until flush()
    if (!more && !this.#listensForDrain) {
      this.#listensForDrain = true;
      listenForDrain(this.res);
    }
    return more;
  }

  /** Whether the next write can go to the socket. */
  protected get writesDirectly(): boolean {
    if (this.#isDirect === false || !takesChunk(this.#socket!, this.res)) return false;
    if (this.#isDirect === undefined) {
      this.#isDirect = allowsDirectWrites(this.res);
      if (this.#isDirect) watchResponse(this.res);
    }
    return this.#isDirect === true;
  }

  /** Writes frames to the socket. The response hears nothing of it, and so tells of no drain. */
  protected writeChunk(frames: readonly Frame[]): boolean {
    const chunk = chunkOf(frames);
    const more = chunk === undefined || this.#socket!.write(chunk);
    if (!more && !this.#listensToSocket) {
      this.#listensToSocket = true;
      listenForSocketDrain(this.#socket!);
    }
    return more;
  }

  directWritesOver(): void {
    this.#isDirect = false;
  }

  /** The number of bytes that were written and have not left the process. */
  get bufferedBytes(): number {
    // What a socket takes nothing of waits in the response.
    const isDirect = this.#isDirect && takesChunk(this.#socket!, this.res);
    return isDirect ? this.#socket!.writableLength : this.res.writableLength;
  }

  /**
   * Calls `flush` before the next turn of the event loop.
   *
   * By then all microtasks have run, so the items that an async generator yields in one turn leave in one write.
   */
  schedule(flush: () => void): void {
    process.nextTick(flush);
  }

  /** Ends the response after everything that was written. `last` also closes the connection. */
  end(last = false): void {
    if (last) this.endConnection();
    this.res.end();
  }

  /** Sends the head without waiting for a frame. */
  sendHead(): void {
    this.res.flushHeaders();
  }

  /**
   * Breaks the response off after everything that was written, so that the client sees that it is incomplete.
   *
   * It checks at intervals whether all is written: some middleware that wraps a response does not call back.
   */
  breakOff(last = false): void {
    if (this.#isOver) return;
    this.#endsConnection ||= last;
    if (this.unsentBytes > 0) setTimeout(() => this.breakOff(), LOOK_MS);
    else setTimeout(() => this.#isOver || this.#cut(() => closeConnection(this.req, this.res)), BREAK_MS);
  }

  /** The number of bytes that are waited for before the response is broken off. */
  protected get unsentBytes(): number {
    return this.bufferedBytes;
  }

  /** Drops the unsent bytes and breaks the response off. `last` also closes the connection. */
  abort(last = false): void {
    if (last) this.endConnection();
    this.#cut(() => this.res.destroy());
  }

  /** Closes the response so that the client sees that it is incomplete. */
  #cut(close: () => void): void {
    const { req, res } = this;
    if (req.httpVersionMajor >= 2) resetStream(res.stream!);
    else if (res.chunkedEncoding) close();
    else reset(req, res);
  }

  /** Closes the connection when this response is over. An HTTP/2 connection stays until its last event stream is over. */
  protected endConnection(): void {
    this.#endsConnection = true;
    if (this.req.httpVersionMajor >= 2) return;
    const { req, res } = this;
    res.once("finish", () => closeConnection(req, res));
  }

  /** Notifies the owner that the response can take more. */
  responseDrained(): void {
    this.owner.sinkDrained();
  }

  /** Notifies the owner that the response is over. */
  responseClosed(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#isOver = true;
    if (this.#listensToSocket) ignoreSocketDrain(this.#socket!); // other responses follow on it
    // Only after its last stream, because some clients drop all streams of a session when it announces its end.
    if (session !== undefined && uncountStream(session) === 0 && this.#endsConnection) session.close();
    this.owner.sinkClosed();
  }
}

// Tests that inject a request, such as `app.inject()` of Fastify, give it a stand-in for a socket that has no methods.
// The response is then all there is to close.

/** Closes the connection after everything that was written. */
function closeConnection({ socket }: IncomingMessage, res: ServerResponse): void {
  if ((socket as Partial<Socket>).destroySoon === undefined) res.destroy();
  else socket.destroySoon();
}

/**
 * Resets the connection. A response without chunks, as in HTTP/1.0, is complete when its connection ends, so only a
 * reset shows that something is missing.
 */
function reset({ socket }: IncomingMessage, res: ServerResponse): void {
  if ((socket as Partial<Socket>).destroy === undefined) return void res.destroy();
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy(); // TLS and Unix sockets cannot be reset
  }
}
