import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from "node:http2";

/** A request of `node:http`, `node:https` or the compatibility API of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** Its response. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** What hears of a response: the exchange, and when that has begun, its sink. */
export interface ResponseOwner {
  /** The response is over, or its client has left. */
  responseClosed(): void;
  /** A `write` that returned `false` has been worked off, by the response or by its socket. */
  responseDrained(): void;
  /** The response has ended, or somebody else writes to it: its socket is not written to directly any more. */
  directWritesOver?(): void;
}

const NGHTTP2_INTERNAL_ERROR = 2;

// A registered symbol, so that two copies of this package see it.
export const OWNER = Symbol.for("ssekit.opened/1");

/** A response that has, or may get, an event stream. One of HTTP/2 is much the same, and has a stream. */
export type OwnedResponse = ServerResponse & {
  readonly stream?: ServerHttp2Stream | null;
  /** What wraps a response, such as compression, adds it. */
  flush?(): void;
  [OWNER]?: ResponseOwner | undefined;
};

// One function for all responses: one for each would be a large part of what an idle stream costs.

/** Tells the owner that the response is over. On the response: the request closes as soon as its body has been read. */
export function listenForClose(res: OwnedResponse): void {
  res.on("close", tellClosed);
  res.on("error", ignore); // a write to a client that has just left; close follows
  // An HTTP/2 stream that its client has reset is not over before its unsent bytes are, which nobody takes any more.
  res.stream?.on("aborted", destroy);
}

/** Tells the owner of each drain, from the first write on that has to wait for one. */
export function listenForDrain(res: OwnedResponse): void {
  res.on("drain", tellDrained);
}

/** The same for writes to the socket of HTTP/1.1, of which the response does not know. */
export function listenForSocketDrain(socket: Socket): void {
  socket.on("drain", tellSocketDrained);
}

export function ignoreSocketDrain(socket: Socket): void {
  socket.off("drain", tellSocketDrained);
}

/** Resets an HTTP/2 stream, so that its client sees an error. */
export function resetStream(stream: ServerHttp2Stream): void {
  stream.off("aborted", destroy); // it would destroy the stream before the reset has been sent
  stream.close(NGHTTP2_INTERNAL_ERROR);
}

function tellClosed(this: ServerResponse): void {
  (this as OwnedResponse)[OWNER]?.responseClosed();
}

function tellDrained(this: ServerResponse): void {
  (this as OwnedResponse)[OWNER]?.responseDrained();
}

function tellSocketDrained(this: Socket & { _httpMessage?: OwnedResponse | null }): void {
  if (this.writableNeedDrain) return; // the response has told of this drain before, and more was written
  const { _httpMessage: current } = this;
  current?.[OWNER]?.responseDrained();
}

function ignore(): void {}

function destroy(this: ServerHttp2Stream): void {
  this.destroy();
}
