import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from "node:http2";

/** A request of `node:http`, `node:https` or the compatibility API of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** A response of `node:http`, `node:https` or the compatibility API of `node:http2`. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** The object that is notified of a response's events: at first the exchange, and after `begin` its sink. */
export interface ResponseOwner {
  /** Called when the response is over, or its client has left. */
  responseClosed(): void;
  /** Called when the response can take more after a `write` that returned `false`. */
  responseDrained(): void;
  /** The response has ended, or somebody else writes to it: its socket is not written to directly any more. */
  directWritesOver?(): void;
}

const NGHTTP2_INTERNAL_ERROR = 2;

// A registered symbol, because two copies of this package must see the same property.
export const OWNER: unique symbol = Symbol.for("ssekit.opened/1");

/** A response that has an event stream, or may get one. A response of HTTP/2 has the same members and a `stream`. */
export type OwnedResponse = ServerResponse & {
  readonly stream?: ServerHttp2Stream | null;
  /** Middleware that wraps the response, such as compression, adds this method. */
  flush?(): void;
  [OWNER]?: ResponseOwner | undefined;
};

// All responses share one function. A closure for each response would take much of the memory of an idle stream.

/**
 * Notifies the owner when the response is over. It listens to the response, because the request emits `close` as soon
 * as its body has been read.
 */
export function listenForClose(res: OwnedResponse): void {
  res.on("close", tellClosed);
  res.on("error", ignore); // a write to a client that has just left; "close" follows
  // When a client resets an HTTP/2 stream, Node waits for the unsent bytes before it closes the stream, and nobody will
  // read them.
  res.stream?.on("aborted", destroy);
}

/** Notifies the owner of every `drain`. The sink calls this at the first write that has to wait. */
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
  stream.off("aborted", destroy); // the listener would destroy the stream before the reset is sent
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
