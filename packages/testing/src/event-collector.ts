import { createParser } from "eventsource-parser";

/** An event as EventSource hands it to a listener. */
export interface ReceivedEvent {
  /** The event type; `message` unless the server named one. */
  type: string;
  data: string;
  /** The id of this event or of the last one before it that had one; `""` when there was none. */
  lastEventId: string;
}

/** Makes events of an event stream that is cut anywhere, and remembers what is needed to tell of it. */
export interface EventCollector {
  readonly events: ReceivedEvent[];
  /** @returns whether there are enough events; what follows them is not taken. */
  push(chunk: Uint8Array | string): boolean;
  /** What arrived, line by line, for an error's message. */
  report(): string;
}

const BOM = "\uFEFF";
const BLANK_LINE = /(?:\r\n|\n|\r(?!\n)){2}/;
const MAX_EVENTS = 20;
const MAX_EVENT_LENGTH = 300;
const MAX_TAIL = 2000;

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
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
      // The parser also takes the characters "ï»¿" for a BOM; with one to remove, it leaves them alone.
      if (!started && !text.startsWith(BOM)) parser.feed(BOM);
      started = true;
      tail = (tail + text).slice(-MAX_TAIL);
      parser.feed(text);
      return enough;
    },
    report() {
      const lines = events.slice(-MAX_EVENTS).map((event) => `  ${shorten(JSON.stringify(event))}`);
      if (events.length > MAX_EVENTS) lines.unshift(`  … ${events.length - MAX_EVENTS} before`);
      const unfinished = tail.split(BLANK_LINE).at(-1);
      if (unfinished) lines.push(`  unfinished: ${JSON.stringify(unfinished)}`);
      return lines.map((line) => `\n${line}`).join("");
    },
  };
}

function shorten(text: string): string {
  return text.length > MAX_EVENT_LENGTH ? `${text.slice(0, MAX_EVENT_LENGTH)}…` : text;
}
