import { SseError } from "@ssekit/core";
import { createParser } from "eventsource-parser";
import { createBlockMeter } from "./block-meter.js";

/** An event as upstream sent it. */
export interface RelayedMessage {
  /** The event type, unless upstream named none. */
  event?: string;
  data: string;
  /** The id that this event, or a block without data before it, carried. `""` clears the client's last event ID. */
  id?: string;
}

const BOM = "\uFEFF";

/**
 * Makes events of bytes that are cut anywhere. Invalid UTF-8 becomes U+FFFD, as the standard has it.
 *
 * @returns a function that takes the next bytes and calls `onMessage` with each event that they complete.
 * @throws {SseError} that function: `ERR_SSE_EVENT_TOO_LARGE`, after the events before.
 */
export function createMessageDecoder(
  maxEventBytes: number,
  onMessage: (message: RelayedMessage) => void,
): (bytes: Uint8Array) => void {
  // The decoder's own removal of a BOM would come on top of the parser's.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  // Twice: names, ids and field names need room beside the data. 64 KiB: also where the limit is tiny.
  const findOverflow = createBlockMeter(2 * maxEventBytes + 65_536);
  let started = false;
  let id: string | undefined;

  const parser = createParser({
    onId(value) {
      id = value; // of a block without data too: the next event brings it to the client
    },
    onEvent({ event, data }) {
      if (exceeds(data, maxEventBytes)) throw tooLarge(maxEventBytes);
      const message: RelayedMessage = { data };
      if (event !== undefined) message.event = event;
      if (id !== undefined) message.id = id;
      id = undefined;
      onMessage(message);
    },
  });

  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    if (text === "") return;
    // The parser would also remove the characters "ï»¿", the bytes of a BOM read as Latin-1. This is decoded text,
    // in which they are characters like any other, so it is given a BOM to remove.
    if (!started && !text.startsWith(BOM)) parser.feed(BOM);
    started = true;
    const overflow = findOverflow(text);
    parser.feed(overflow === undefined ? text : text.slice(0, overflow));
    if (overflow !== undefined) throw tooLarge(maxEventBytes);
  };
}

function exceeds(data: string, bytes: number): boolean {
  if (data.length > bytes) return true;
  return data.length * 3 > bytes && new TextEncoder().encode(data).byteLength > bytes;
}

function tooLarge(maxEventBytes: number): SseError {
  const message = `Expected events of at most ${maxEventBytes} bytes from the upstream (maxEventBytes), got a larger one`;
  return new SseError("ERR_SSE_EVENT_TOO_LARGE", message);
}
