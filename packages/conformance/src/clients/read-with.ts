import { EventSource as NpmEventSource } from "eventsource";
import { EventSource as LaunchDarklyEventSource } from "launchdarkly-eventsource";
import { EventSource as UndiciEventSource } from "undici";
import { within } from "../support/within.js";
import { type ReceivedEvent, StreamReader } from "./stream-reader.js";

/** Reads a stream up to the event that ends it. `types` are the types of its events. */
export type ReadWith = (
  url: string,
  types: ReadonlySet<string>,
  fetch: typeof globalThis.fetch,
) => Promise<ReceivedEvent[]>;

/** The event stream clients for Node, by name. */
export const readWith: Record<string, ReadWith> = {
  "eventsource-parser": async (url, _types, fetch) =>
    new StreamReader(await fetch(url, { headers: { accept: "text/event-stream" } })).all(),
  "eventsource 4": (url, types, fetch) => collect(new NpmEventSource(url, { fetch }), types),
  "undici 7": (url, types) => collect(new UndiciEventSource(url), types),
  "launchdarkly-eventsource": (url, types) => collect(new LaunchDarklyEventSource(url), types),
};

interface EventSourceLike {
  addEventListener(type: string, listener: (event: Partial<ReceivedEvent>) => void): void;
  close(): void;
}

async function collect(source: unknown, types: ReadonlySet<string>): Promise<ReceivedEvent[]> {
  const client = source as EventSourceLike;
  const events: ReceivedEvent[] = [];
  const ended = new Promise<void>((resolve) => {
    for (const each of types) {
      client.addEventListener(each, ({ type = "", data = "", lastEventId }) => {
        if (lastEventId === undefined) return; // launchdarkly-eventsource dispatches this when the response has ended
        events.push({ type, data, lastEventId });
        if (lastEventId.endsWith("~end")) resolve();
      });
    }
  });
  try {
    await within("the event that ends the stream", ended);
  } finally {
    client.close();
  }
  return events;
}
