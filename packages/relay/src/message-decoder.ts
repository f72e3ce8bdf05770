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

/** Makes events of bytes that are cut anywhere. */
export interface MessageDecoder {
  /**
   * Takes the next bytes, and calls `onMessage` with each event that they complete.
   *
   * @throws {SseError} `ERR_SSE_EVENT_TOO_LARGE`, after the events before.
   */
  decode(bytes: Uint8Array): void;
  /**
   * Called at the end of the upstream, which must not be in the middle of a block.
   *
   * @throws {SseError} `ERR_SSE_UPSTREAM_INCOMPLETE`
   */
  end(): void;
}

/** Makes a decoder. Invalid UTF-8 becomes U+FFFD, as the standard has it. */
export function createMessageDecoder(
  maxEventBytes: number,
  onMessage: (message: RelayedMessage) => void,
): MessageDecoder {
  // The decoder's own removal of a BOM would come on top of the parser's.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  // Twice: names, ids and field names need room beside the data. 64 KiB: also where the limit is tiny.
  const meter = createBlockMeter(2 * maxEventBytes + 65_536);
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

  function feed(decoded: string): void {
    let text = decoded;
    if (text === "") return;
    if (!started) {
      started = true;
      // The parser would also remove the characters "ï»¿", the bytes of a BOM read as Latin-1. This is decoded text,
      // in which they are characters like any other, so it is given a BOM to remove.
      parser.feed(BOM);
      if (text.startsWith(BOM)) text = text.slice(BOM.length);
    }
    const overflow = meter.findOverflow(text);
    parser.feed(overflow === undefined ? text : text.slice(0, overflow));
    if (overflow !== undefined) throw tooLarge(maxEventBytes);
  }

  return {
    decode: (bytes) => feed(decoder.decode(bytes, { stream: true })),
    end() {
      feed(decoder.decode()); // half a character
      if (!meter.isInBlock()) return;
      const message = "Expected the upstream to end after a whole event, but it ended in the middle of one";
      throw new SseError("ERR_SSE_UPSTREAM_INCOMPLETE", message);
    },
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
