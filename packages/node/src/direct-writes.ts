import { OutgoingMessage, ServerResponse, type IncomingMessage } from "node:http";
import { Socket } from "node:net";
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

const CRLF = Buffer.from("\r\n");

/**
 * Whether the body of a response may be written to its socket directly, from now on. What is read here lives on the
 * response. It is read once, because reading from a response is slow: Express gives each one a shape of its own.
 */
export function allowsDirectWrites(req: IncomingMessage, res: OwnedResponse, socket: Socket): boolean {
  return (
    // A response of another kind, such as one of a test without a server, may keep its body.
    res instanceof ServerResponse &&
    socket instanceof Socket &&
    // Compression and the like put a function of their own here.
    res.write === OutgoingMessage.prototype.write &&
    // The head leaves with the first write of the response itself.
    (res as { _headerSent?: boolean })._headerSent === true &&
    // HTTP/1.0, or an app that has set Content-Length: the bytes have to be written as they are.
    res.chunkedEncoding &&
    // The body of a HEAD is not sent.
    req.method !== "HEAD" &&
    !res.writableEnded
  );
}

/** Whether the socket takes a chunk of this response now. Read at every write: all of it lives on the socket. */
export function takesChunk(socket: ServerSocket, res: OwnedResponse): boolean {
  return (
    // Not while the response waits for one before it (pipelining), and not after it has ended (keep-alive).
    socket._httpMessage === res &&
    // A corked response keeps its chunks, and these would overtake them.
    socket.writableCorked === 0 &&
    // An ended socket would raise an error.
    socket.writable
  );
}

/** Tells the owner when somebody replaces `res.write` or ends the response. */
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

// The last chunk: a broadcast writes the same frames to one stream after another.
let lastFrames: readonly Frame[] = [];
let lastChunk: Uint8Array | undefined;

/** The frames as one chunk of HTTP/1.1. */
export function chunkOf(frames: readonly Frame[]): Uint8Array {
  if (lastChunk === undefined || !areSame(frames, lastFrames)) {
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

function makeChunk(frames: readonly Frame[]): Uint8Array {
  let length = 0;
  for (const { bytes } of frames) length += bytes.byteLength;
  const size = length.toString(16);
  const chunk = Buffer.allocUnsafe(size.length + length + 2 * CRLF.length);
  let offset = chunk.write(size, "latin1");
  for (const bytes of [CRLF, ...frames.map((frame) => frame.bytes), CRLF]) {
    chunk.set(bytes, offset);
    offset += bytes.byteLength;
  }
  return chunk;
}
