import type { Disconnect, Head, Receiver } from "./connection.js";

type Listener = (...args: unknown[]) => void;

/** The members of a Node `IncomingMessage` that `readEvents` uses. */
export interface NodeResponse {
  /** The HTTP status. */
  readonly statusCode?: number | undefined; // `| undefined` for apps that set exactOptionalPropertyTypes
  /** The headers by their lower-case names. */
  readonly headers: Readonly<Head["headers"]>;
  /** Whether the body was read to its end. */
  readonly readableEnded: boolean;
  /** Whether the response was destroyed. */
  readonly destroyed: boolean;
  /** Adds a listener. */
  on(event: string, listener: Listener): unknown;
  /** Closes the connection. */
  destroy(): unknown;
}

/** The members of a supertest or superagent request that `readEvents` uses. */
export interface SupertestRequest {
  /** Turns the buffering of the body on or off. */
  buffer(enabled: boolean): unknown;
  /** Sets the parser that gets the response. */
  parse(parser: (response: never, done: never) => void): unknown;
  /** Sends the request, and calls back when the response is over. */
  end(callback: (error: unknown) => void): unknown;
}

/** Reads a Node response. */
export function connectNodeResponse(response: NodeResponse, receiver: Receiver): Disconnect {
  receiver.open({ status: response.statusCode ?? 0, headers: { ...response.headers } });
  // Listeners and not an iterator, because superagent decompresses the data before it calls listeners.
  response.on("data", (chunk) => receiver.chunk(chunk as Uint8Array | string));
  response.on("end", () => receiver.end());
  response.on("error", (error) => receiver.end(error));
  const closed = (): void => {
    if (!response.readableEnded) receiver.end(new Error("The connection was closed"));
  };
  response.on("close", closed);
  if (response.readableEnded) receiver.end();
  else if (response.destroyed) closed();
  return () => {
    response.destroy();
  };
}

/** Sends a supertest request and reads its response. Supertest itself would wait for the end of the response. */
export function connectSupertest(request: SupertestRequest, receiver: Receiver): Disconnect {
  let left = false;
  let opened = false;
  const emitter = request as SupertestRequest & Pick<NodeResponse, "on"> & { req?: { destroy(): void } };
  // Not abort(): superagent does not call back after it, so supertest would not close its server.
  const destroy = (): void => emitter.req?.destroy();

  request.buffer(false);
  request.parse((response: NodeResponse, done: (error: null, body: undefined) => void) => {
    opened = true;
    connectNodeResponse(response, receiver);
    response.on("end", () => done(null, undefined)); // superagent always buffers JSON, and waits for this call
  });
  // Superagent re-emits the errors of the Node response. Without a listener they would end the process.
  emitter.on("response", (response) => {
    (response as NodeResponse).on("error", () => {});
  });
  emitter.on("request", () => {
    if (left) destroy();
  });
  const ended = new Promise<void>((resolve) => {
    request.end((error) => {
      if (error) receiver.fail(error);
      else if (!opened) receiver.end();
      resolve();
    });
  });
  return () => {
    left = true;
    destroy();
    return ended;
  };
}
