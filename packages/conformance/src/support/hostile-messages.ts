import type { EventMessage } from "@ssekit/core";
import fc from "fast-check";
import { asReceived, wellFormed } from "./as-received.js";
import type { ReceivedEvent } from "../clients/stream-reader.js";

const HOSTILE = [
  "\r", "\n", "\r\n", "\n\n", "\0", "\ufeff", "\ud800", "\udc00", "\ud83d\ude00", "\u2028", "\u2029", "\u0085", "\v",
  " ", "  ", ":", ": ", "\t", "data:", "data: x", "event: x", "id: 1", "id", "retry: 1", "é", "漢字", "", "0",
]; // prettier-ignore
const text = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
      fc.string({ unit: "binary", maxLength: 5 }),
    ),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(""));
const line = text.map((value) => value.replaceAll(/[\r\n]/g, ""));

// Clients dispatch their own events with these names. "end" is the last event of a stream.
const TAKEN = new Set(["open", "error", "end", "retrying", "closed", "newListener", "removeListener"]);

/** Messages that can be sent and that every client dispatches. */
export const hostileMessages: fc.Arbitrary<EventMessage[]> = fc.array(
  fc.record(
    {
      comment: text,
      event: line.filter((event) => !TAKEN.has(event)),
      id: line.map((id) => id.replaceAll("\0", "").replace(/~end$/, "")),
      data: fc.oneof({ weight: 4, arbitrary: text }, fc.jsonValue()),
    },
    { requiredKeys: ["data"] },
  ),
  { minLength: 1, maxLength: 12 },
);

/**
 * The events that a client dispatches for these messages and the end of the stream. `ownIdOnly`: the client gives an
 * event only its own id, although the standard requires the last id of the stream.
 */
export function dispatchedOf(messages: readonly EventMessage[], ownIdOnly = false): ReceivedEvent[] {
  let lastEventId = "";
  const events = messages.map(({ event, id, data }): ReceivedEvent => {
    lastEventId = id === undefined ? lastEventId : wellFormed(id);
    return {
      type: wellFormed(event || "message"),
      data: asReceived(typeof data === "string" ? data : JSON.stringify(data)),
      lastEventId: ownIdOnly && id === undefined ? "" : lastEventId,
    };
  });
  return [...events, { type: "end", data: "", lastEventId: `${lastEventId}~end` }];
}
