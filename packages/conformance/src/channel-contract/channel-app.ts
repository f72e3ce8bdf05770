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
  /** Further parameters of the address. */
  query?: string;
}

/** What the app does with the stream of a client. */
type Use = SubscribeOptions | ((stream: EventStream) => void);

/** A channel on a server of `node:http`. It is over with the test. */
export class ChannelApp {
  readonly channel: Channel;
  readonly log: EventLog;
  readonly events: EventStreamServer;
  /** What the channel's `onError` and those of the streams were told. */
  readonly errors: unknown[] = [];
  readonly resets: ResetReason[] = [];
  /** How often clients were found to lag. */
  lags = 0;
  /** How many subscriptions there were. */
  subscriptions = 0;
  url = "";
  readonly #uses = new Map<string, { use: Use; opened(stream: EventStream): void }>();

  constructor(log: EventLog, { streams, ...given }: ChannelAppOptions) {
    const options = { ...given };
    delete options.history; // of the log, which has it
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

  /** Connects as EventSource does. */
  async read(use: Use = {}, { lastEventId, query = "" }: Connecting = {}): Promise<ChannelClient> {
    const { path, stream } = this.#expect(use);
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;
    const response = await within("the head", fetch(`${this.url}${path}?${query}`, { headers }));
    return new ChannelClient(response, await within("the stream", stream));
  }

  /** Connects with a socket that the test can stop reading, and to which the server may send little ahead. */
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

/** A client of a channel. What it waits for is an event, for how long an asynchronous log takes is nobody's promise. */
export class ChannelClient extends StreamReader {
  /** The server's side. */
  readonly stream: EventStream;

  constructor(response: Response, stream: EventStream) {
    super(response);
    this.stream = stream;
  }

  /** All that has come when an event with this data, or of this type, has. */
  async until(dataOrType: string): Promise<ReceivedEvent[]> {
    const isIt = ({ data, type }: ReceivedEvent): boolean => data === dataOrType || type === dataOrType;
    await until(`an event ${dataOrType}`, () => this.events.some(isIt)).catch((error: unknown) => {
      throw new Error(`${String(error)}; got ${JSON.stringify(brief(this.events)).slice(0, 500)}`);
    });
    return [...this.events];
  }

  /** The data of those, and the type of those without. */
  async dataUntil(dataOrType: string): Promise<string[]> {
    return brief(await this.until(dataOrType));
  }
}

/** The data of events, or the type of one that has none. */
export function brief(events: readonly ReceivedEvent[]): string[] {
  return events.map(({ type, data }) => data || type);
}

/**
 * Expects numbers that were published one after another, where every hole is announced by one `undefined`, and each
 * of those announces one.
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
