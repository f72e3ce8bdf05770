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

// Clients raise events of their own by these names; "end" is ours.
const TAKEN = new Set(["open", "error", "end", "retrying", "closed", "newListener", "removeListener"]);

/** Messages that may be sent and that every client dispatches. */
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
 * What a client dispatches of messages and the end of their stream. `ownIdOnly`: it hands out an event's own id, and
 * not the last one, which the standard says.
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
