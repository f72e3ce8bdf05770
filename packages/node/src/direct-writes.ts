import { OutgoingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Frame } from "@ssekit/core/adapter";
import { OWNER, type OwnedResponse } from "./node-response.js";

// A response of HTTP/1.1 hands each write to its socket as one chunk: its length, the bytes, a line break. About a third
// of the time of a write is spent on that way. Here the chunk is made once for all streams and written to the socket. A
// wrong byte would corrupt the stream, or the next response on the connection, so each condition has a test that fails
// without it.

/** A socket of Node's HTTP server. */
export type ServerSocket = Socket & {
  /** The response that has its turn on this connection. Node's own, in every version. */
  _httpMessage?: OwnedResponse | null;
};

/** What Node keeps of a response, in every version; if one lacks it, nothing is written directly. */
interface Internals {
  readonly _headerSent?: boolean;
  readonly _hasBody?: boolean;
}

/** `res.write` of a response that nobody has changed. Taken early, so that a change for all responses is seen. */
export const plainWrite: (this: ServerResponse, bytes: Uint8Array) => boolean =
  OutgoingMessage.prototype.write;

/**
 * Whether the body of a response may be written to its socket from now on. `undefined`: its head has not left, so that
 * is not known. What is read here lives on the response. It is read once, because that is slow: Express gives each
 * response a shape of its own.
 */
export function allowsDirectWrites(res: OwnedResponse): boolean | undefined {
  const { _headerSent, _hasBody } = res as Internals;
  // The head leaves with the first write of the response itself.
  if (_headerSent === false) return undefined;
  return (
    _headerSent === true &&
    // HTTP/1.0, or an app that has set Content-Length: the bytes have to be written as they are.
    res.chunkedEncoding &&
    // Not so in the answer to a HEAD, also if middleware has made a GET of it since.
    _hasBody === true &&
    // Compression and the like put a function of their own here, and so do responses that have no connection.
    res.write === plainWrite &&
    // The end of the body may be in the socket already, behind much that is unsent.
    !res.writableEnded
  );
}

/** Whether the socket takes a chunk of this response now. Read at every write: all of it lives on the socket. */
export function takesChunk(socket: ServerSocket, res: OwnedResponse): boolean {
  const { _httpMessage: current } = socket;
  return (
    // Not while the response waits for one before it (pipelining), nor on a connection that has been taken from it.
    current === res &&
    // From Node 22 on a corked response keeps what is written to it, and a chunk would overtake that.
    socket.writableCorked === 0 &&
    // A write to a socket that was ended is an error of the connection.
    socket.writable
  );
}

/**
 * Tells the owner when the response ends, and when somebody replaces `res.write`, or reads it: to write, or to wrap it
 * with `Object.defineProperty`, which nothing else would show.
 */
export function watchResponse(res: OwnedResponse): void {
  // One accessor and one listener for all responses.
  Object.defineProperty(res, "write", WRITE);
  // Emitted by Node inside of `end()`, whoever has replaced that.
  res.on("prefinish", tellOwner);
}

const WRITE: PropertyDescriptor = {
  configurable: true,
  enumerable: false,
  get(this: OwnedResponse) {
    tellOwner.call(this);
    return (Object.getPrototypeOf(this) as OwnedResponse).write;
  },
  set(this: OwnedResponse, value: unknown) {
    tellOwner.call(this);
    Object.defineProperty(this, "write", { value, configurable: true, enumerable: true, writable: true });
  },
};

function tellOwner(this: OwnedResponse): void {
  this[OWNER]?.directWritesOver?.();
}

const CRLF = Buffer.from("\r\n");

// The last chunk: a broadcast writes the same frames to one stream after another.
let lastFrames: readonly Frame[] = [];
let lastChunk: Uint8Array | undefined;

/** The frames as one chunk of HTTP/1.1. `undefined`: they have no bytes, and such a chunk would end the body. */
export function chunkOf(frames: readonly Frame[]): Uint8Array | undefined {
  if (!areSame(frames, lastFrames)) {
    lastFrames = frames;
    lastChunk = makeChunk(frames);
  }
  return lastChunk;
}

function areSame(a: readonly Frame[], b: readonly Frame[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function makeChunk(frames: readonly Frame[]): Uint8Array | undefined {
  let length = 0;
  for (const { bytes } of frames) length += bytes.byteLength;
  if (length === 0) return undefined;
  const size = length.toString(16);
  const chunk = Buffer.allocUnsafe(size.length + length + 2 * CRLF.length);
  let offset = chunk.write(size, "latin1");
  for (const bytes of [CRLF, ...frames.map((frame) => frame.bytes), CRLF]) {
    chunk.set(bytes, offset);
    offset += bytes.byteLength;
  }
  return chunk;
}
