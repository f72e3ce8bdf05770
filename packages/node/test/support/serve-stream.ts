import {
  OutgoingMessage,
  type IncomingMessage,
  type RequestListener,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { until } from "@ssekit/conformance";
import { EventStreamServer, open, type EventStream, type EventStreamOptions } from "@ssekit/node";
import { serve, type Served } from "./serve.js";

/** A comment of more than the system takes for a client that does not read. */
export const MUCH = `: ${"x".repeat(16 << 20)}\n\n`;

/** What the prototype has, for whoever took it before our stream opened. */
export const { write, cork } = OutgoingMessage.prototype as unknown as {
  write(this: ServerResponse, chunk: string): boolean;
  cork(this: ServerResponse): void;
};

export interface Opened {
  stream: EventStream;
  req: IncomingMessage;
  res: ServerResponse;
}

export interface StreamServed extends Served {
  /** The streams, in the order in which they opened. */
  opened: Opened[];
  /** Waits for a stream, and until its head has left: from then on chunks may be written to the socket. */
  first(): Promise<Opened>;
}

/** A server with a stream at `/stream`; what it answers elsewhere is the path. */
export async function serveStream({
  tls = false,
  server,
  before,
  after,
  ...options
}: EventStreamOptions & {
  tls?: boolean;
  server?: ServerOptions;
  /** Runs before the stream opens. */
  before?: (req: IncomingMessage, res: ServerResponse) => unknown;
  /** Runs in the same turn after that. */
  after?: (opened: Opened) => unknown;
} = {}): Promise<StreamServed> {
  const opened: Opened[] = [];
  const events = new EventStreamServer({ heartbeat: false, maxBufferedBytes: 1 << 28, ...options });
  const handle: RequestListener = async (req, res) => {
    if (req.url !== "/stream") return void res.end(req.url);
    await before?.(req, res);
    const entry = { stream: open(req, res, { server: events }), req, res };
    opened.push(entry);
    after?.(entry);
  };
  const served = await serve(handle, { tls, ...(server !== undefined && { options: server }) });
  async function first(): Promise<Opened> {
    await until("a stream", () => opened.length > 0);
    await turn();
    return opened[0]!;
  }
  return Object.assign(served, { opened, first });
}
