import type { Disconnect, Head, Receiver } from "./connection.js";

type Listener = (...args: unknown[]) => void;

/** What is needed of a Node `IncomingMessage`. */
export interface NodeResponse {
  readonly statusCode?: number | undefined; // said, for exactOptionalPropertyTypes
  readonly headers: Readonly<Head["headers"]>;
  readonly readableEnded: boolean;
  readonly destroyed: boolean;
  on(event: string, listener: Listener): unknown;
  destroy(): unknown;
}

/** What is needed of a supertest or superagent request. */
export interface SupertestRequest {
  buffer(enabled: boolean): unknown;
  parse(parser: (response: never, done: never) => void): unknown;
  end(callback: (error: unknown) => void): unknown;
}

/** Reads a Node response. */
export function connectNodeResponse(response: NodeResponse, receiver: Receiver): Disconnect {
  receiver.open({ status: response.statusCode ?? 0, headers: { ...response.headers } });
  // Listeners, not an iterator: superagent unzips in front of them.
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

/** Sends a supertest request and reads its response, which supertest itself would wait for to end. */
export function connectSupertest(request: SupertestRequest, receiver: Receiver): Disconnect {
  let left = false;
  let opened = false;
  const emitter = request as SupertestRequest & Pick<NodeResponse, "on"> & { req?: { destroy(): void } };
  // Not abort(): after it superagent calls nobody back, and supertest would not close its server.
  const destroy = (): void => emitter.req?.destroy();

  request.buffer(false);
  request.parse((response: NodeResponse, done: (error: null, body: undefined) => void) => {
    opened = true;
    connectNodeResponse(response, receiver);
    response.on("end", () => done(null, undefined)); // JSON is buffered whatever buffer() says, and waits for this
  });
  // It passes the errors of the Node response on, and uncaught ones end the process.
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
