import type { IncomingMessage } from "node:http";
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

// How often it is looked whether all has left, and how long the system then has to send it before a cut.
const LOOK_MS = 10;
const BREAK_MS = 50;

/** The sink of a Node response: `res.write`. */
export class ResponseSink implements Sink, ResponseOwner {
  protected readonly req: IncomingMessage;
  protected readonly res: OwnedResponse;
  protected readonly owner: SinkOwner;
  /** Of HTTP/2. */
  #session: Http2Session | undefined;
  /** Of HTTP/1. */
  readonly #socket: ServerSocket | undefined;
  // Whether chunks may be written to the socket; `undefined`: that is not known before the head has left.
  #isDirect: boolean | undefined;
  #endsConnection = false;
  #listensForDrain = false;
  #listensToSocket = false;
  #isOver = false;

  /** Takes the response over from its exchange, and prepares the connection. */
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
      req.socket.setTimeout(0); // a server's idle timeout is not for a stream, which has its own
      req.socket.setNoDelay(true);
      this.#socket = req.socket;
      this.#isDirect = directWrites ? undefined : false;
    }
  }

  write(frames: readonly Frame[]): boolean {
    if (this.writesDirectly) return this.writeChunk(frames);
    const bytes = joinFrames(frames);
    // Where `res.write` is watched, nobody has replaced it.
    const more = this.#isDirect ? plainWrite.call(this.res, bytes) : this.res.write(bytes);
    this.res.flush?.(); // what wraps the response, such as compression, collects until it is told
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

  get bufferedBytes(): number {
    // What a socket takes nothing of waits in the response.
    const isDirect = this.#isDirect && takesChunk(this.#socket!, this.res);
    return isDirect ? this.#socket!.writableLength : this.res.writableLength;
  }

  // After all microtasks: what an async generator yields in one turn leaves in one write.
  schedule(flush: () => void): void {
    process.nextTick(flush);
  }

  end(last = false): void {
    if (last) this.endConnection();
    this.res.end();
  }

  sendHead(): void {
    this.res.flushHeaders();
  }

  // Looks, since nothing that wraps a response can be trusted to call back.
  breakOff(last = false): void {
    if (this.#isOver) return;
    this.#endsConnection ||= last;
    if (this.bufferedBytes > 0) setTimeout(() => this.breakOff(), LOOK_MS);
    else setTimeout(() => this.#isOver || this.#cut(() => this.req.socket.destroySoon()), BREAK_MS);
  }

  abort(last = false): void {
    if (last) this.endConnection();
    this.#cut(() => this.res.destroy());
  }

  /** Closes the response so that it is seen not to be complete. */
  #cut(close: () => void): void {
    const { req, res } = this;
    if (req.httpVersionMajor >= 2) resetStream(res.stream!);
    else if (res.chunkedEncoding) close();
    else reset(req.socket);
  }

  /** Closes the connection when this response is over, and on HTTP/2 every other event stream on it. */
  protected endConnection(): void {
    this.#endsConnection = true;
    if (this.req.httpVersionMajor >= 2) return;
    const { socket } = this.req;
    this.res.once("finish", () => socket.destroySoon());
  }

  responseDrained(): void {
    this.owner.sinkDrained();
  }

  responseClosed(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#isOver = true;
    if (this.#listensToSocket) ignoreSocketDrain(this.#socket!); // other responses follow on it
    // Some clients give up everything on a session at the word that it will go away.
    if (session !== undefined && uncountStream(session) === 0 && this.#endsConnection) session.close();
    this.owner.sinkClosed();
  }
}

/** Without chunks, as in HTTP/1.0, the end of the connection is the end of the response; a reset is none. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy(); // TLS and Unix sockets have no reset
  }
}
