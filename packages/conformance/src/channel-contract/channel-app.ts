import http from "node:http";
import {
  createChannel,
  EventStreamServer,
  open,
  type Channel,
  type ChannelOptions,
  type EventLog,
  type EventStream,
  type EventStreamOptions,
  type History,
  type ResetReason,
  type SubscribeOptions,
} from "@ssekit/node";
import { expect, onTestFinished } from "vitest";
import { RawClient } from "../clients/raw-client.js";
import { type ReceivedEvent, StreamReader } from "../clients/stream-reader.js";
import { listen } from "../support/listen.js";
import { until, within } from "../support/within.js";

/** Makes the log of a channel. */
export type CreateLog = (history?: History) => EventLog;

export interface ChannelAppOptions extends Omit<ChannelOptions, "log"> {
  streams?: EventStreamOptions;
}

interface Connecting {
  lastEventId?: string | undefined;
  /** More query parameters of the URL. */
  query?: string;
}

/** What the app does with the stream of a client: it subscribes it with these options, or calls the function. */
type Use = SubscribeOptions | ((stream: EventStream) => void);

/** A channel on a `node:http` server. Both are closed when the test finishes. */
export class ChannelApp {
  readonly channel: Channel;
  readonly log: EventLog;
  readonly events: EventStreamServer;
  /** The errors that were passed to `onError` of the channel and of the server. */
  readonly errors: unknown[] = [];
  readonly resets: ResetReason[] = [];
  /** Number of calls of `onLag`. */
  lags = 0;
  /** Number of calls of `onSubscribe`. */
  subscriptions = 0;
  url = "";
  readonly #uses = new Map<string, { use: Use; opened(stream: EventStream): void }>();

  constructor(log: EventLog, { streams, ...given }: ChannelAppOptions) {
    const options = { ...given };
    delete options.history; // the log was created with it
    this.log = log;
    this.channel = createChannel({
      onError: (error) => void this.errors.push(error),
      onReset: (_stream, reason) => void this.resets.push(reason),
      onLag: () => void this.lags++,
      onSubscribe: () => void this.subscriptions++,
      ...options,
      log,
    });
    this.events = new EventStreamServer({
      heartbeat: false,
      onError: (error) => void this.errors.push(error),
      ...streams,
    });
  }

  async start(): Promise<void> {
    const server = http.createServer((req, res) => {
      const { use, opened } = this.#uses.get(req.url!.split("?")[0]!)!;
      const stream = open(req, res, { server: this.events });
      if (typeof use === "function") use(stream);
      else this.channel.subscribe(stream, use);
      opened(stream);
    });
    const listening = await listen(server);
    this.url = listening.url;
    onTestFinished(async () => {
      listening.cut();
      await within("channel.close()", this.channel.close());
      await within("events.close()", this.events.close({ grace: 0 }));
      await within("server.close()", listening.close());
    });
  }

  /** Connects with the headers of EventSource. */
  async read(use: Use = {}, { lastEventId, query = "" }: Connecting = {}): Promise<ChannelClient> {
    const { path, stream } = this.#expect(use);
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;
    const response = await within("the head", fetch(`${this.url}${path}?${query}`, { headers }));
    return new ChannelClient(response, await within("the stream", stream));
  }

  /** Connects with a socket that the test can pause. The buffers of the operating system for it are small. */
  async connect(
    use: Use = {},
    { lastEventId }: Connecting = {},
  ): Promise<{ client: RawClient; stream: EventStream }> {
    const { path, stream } = this.#expect(use);
    const client = new RawClient(this.url);
    client.request("GET", path, lastEventId === undefined ? {} : { "last-event-id": lastEventId });
    return { client, stream: await within("the stream", stream) };
  }

  #expect(use: Use): { path: string; stream: Promise<EventStream> } {
    const path = `/${this.#uses.size}`;
    const stream = new Promise<EventStream>((opened) => this.#uses.set(path, { use, opened }));
    return { path, stream };
  }
}

export async function startChannel(
  createLog: CreateLog,
  { history, ...options }: ChannelAppOptions = {},
): Promise<ChannelApp> {
  const app = new ChannelApp(createLog(history), options);
  await app.start();
  return app;
}

/** A client of a channel. It waits for events and not for a time, because an asynchronous log may take any time. */
export class ChannelClient extends StreamReader {
  /** The stream on the server's side. */
  readonly stream: EventStream;

  constructor(response: Response, stream: EventStream) {
    super(response);
    this.stream = stream;
  }

  /** Waits for an event with this data or type, and returns all events received so far. */
  async until(dataOrType: string): Promise<ReceivedEvent[]> {
    const isIt = ({ data, type }: ReceivedEvent): boolean => data === dataOrType || type === dataOrType;
    await until(`an event ${dataOrType}`, () => this.events.some(isIt)).catch((error: unknown) => {
      throw new Error(`${String(error)}; got ${JSON.stringify(brief(this.events)).slice(0, 500)}`);
    });
    return [...this.events];
  }

  /** Like `until`, but returns the data of the events, or their type if they have no data. */
  async dataUntil(dataOrType: string): Promise<string[]> {
    return brief(await this.until(dataOrType));
  }
}

/** The data of each event, or its type if it has no data. */
export function brief(events: readonly ReceivedEvent[]): string[] {
  return events.map(({ type, data }) => data || type);
}

/**
 * Expects that received numbers are consecutive, except that `undefined` stands for a `reset`. Each hole must have
 * exactly one `undefined`, and each `undefined` must stand for a hole.
 */
export function expectHolesAnnounced(seen: readonly (number | undefined)[], first: number): void {
  let next = first;
  for (const [at, n] of seen.entries()) {
    if (n === undefined) {
      expect(
        at === 0 || seen[at - 1] !== undefined,
        `two resets after ${next - 1}, and no event between`,
      ).toBe(true);
    } else {
      if (at > 0 && seen[at - 1] === undefined) expect(n, "what follows a reset").toBeGreaterThan(next);
      else expect(n).toBe(next);
      next = n + 1;
    }
  }
}
