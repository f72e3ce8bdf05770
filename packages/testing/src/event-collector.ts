import { createParser } from "eventsource-parser";

/** One received event, as EventSource would pass it to a listener. */
export interface ReceivedEvent {
  /** The event type. It is `message` if the server named none. */
  type: string;
  /** The event's data. The lines of several `data` fields are joined by LF. */
  data: string;
  /** The last event ID: the id of this event, or else of the last event before it that had one. `""` if none had. */
  lastEventId: string;
}

/** Decodes an event stream, which may be cut anywhere, and remembers its last lines for error messages. */
export interface EventCollector {
  /** The events so far. */
  readonly events: ReceivedEvent[];
  /** Decodes the next chunk. Returns whether there are enough events; later events are ignored. */
  push(chunk: Uint8Array | string): boolean;
  /** Lists the received events and the unfinished rest, one in each line, for an error message. */
  report(): string;
}

const BOM = "\uFEFF";
const BLANK_LINE = /(?:\r\n|\n|\r(?!\n)){2}/;
const MAX_EVENTS = 20;
const MAX_EVENT_LENGTH = 300;
const MAX_TAIL = 2000;

/**
 * Makes a collector of events.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createEventCollector(isEnough: (events: ReceivedEvent[]) => boolean): EventCollector {
  const events: ReceivedEvent[] = [];
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let started = false;
  let enough = false;
  let lastEventId = "";
  let tail = "";
  const parser = createParser({
    onId(id) {
      lastEventId = id;
    },
    onEvent({ event, data }) {
      if (enough) return;
      events.push({ type: event ?? "message", data, lastEventId });
      enough = isEnough(events);
    },
  });

  return {
    events,
    push(chunk) {
      const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
      if (text === "") return enough;
      // The parser also removes the characters "ï»¿", which are the bytes of a BOM read as Latin-1. The text is decoded, so
      // they are ordinary characters here. The parser gets a BOM first, and removes nothing else then.
      if (!started && !text.startsWith(BOM)) parser.feed(BOM);
      started = true;
      tail = (tail + text).slice(-MAX_TAIL);
      parser.feed(text);
      return enough;
    },
    report() {
      const lines = events.slice(-MAX_EVENTS).map((event) => `  ${shorten(JSON.stringify(event))}`);
      if (events.length > MAX_EVENTS) lines.unshift(`  … and ${events.length - MAX_EVENTS} earlier`);
      const unfinished = tail.split(BLANK_LINE).at(-1);
      if (unfinished) lines.push(`  unfinished: ${JSON.stringify(unfinished)}`);
      return lines.map((line) => `\n${line}`).join("");
    },
  };
}

function shorten(text: string): string {
  return text.length > MAX_EVENT_LENGTH ? `${text.slice(0, MAX_EVENT_LENGTH)}…` : text;
}
