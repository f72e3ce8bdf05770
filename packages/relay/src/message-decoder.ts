import { SseError } from "@ssekit/core";
import { createParser } from "eventsource-parser";
import { createBlockMeter } from "./block-meter.js";

/** One event of the upstream, as `relay` yields it. */
export interface RelayedMessage {
  /** The event type. It is missing if the upstream named none, which means `message`. */
  event?: string;
  /** The event's data. The lines of several `data` fields are joined by LF. */
  data: string;
  /** The id of this event, or of a block without data before it. `""` clears the client's last event ID. */
  id?: string;
}

const BOM = "\uFEFF";

/** Decodes events from chunks of bytes, which may be cut anywhere. */
export interface MessageDecoder {
  /**
   * Decodes the next bytes, and calls `onMessage` with each event that they complete.
   *
   * @throws {SseError} `ERR_SSE_EVENT_TOO_LARGE`, after `onMessage` got the events before the large one
   */
  decode(bytes: Uint8Array): void;
  /**
   * Checks at the end of the upstream that the last block is complete.
   *
   * @throws {SseError} `ERR_SSE_UPSTREAM_INCOMPLETE` if it is not
   */
  end(): void;
}

/** Makes a decoder. Invalid UTF-8 becomes U+FFFD, as the standard demands. */
export function createMessageDecoder(
  maxEventBytes: number,
  onMessage: (message: RelayedMessage) => void,
): MessageDecoder {
  // `ignoreBOM` keeps the BOM, which the parser removes. If the decoder removed one too, a second BOM would be lost.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  // Twice the limit, because a block also has field names, ids and an event type. 64 KiB more, for small limits.
  const meter = createBlockMeter(2 * maxEventBytes + 65_536);
  let started = false;
  let id: string | undefined;

  const parser = createParser({
    onId(value) {
      id = value; // also called for a block without data, whose id the next event takes to the client
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
      // Besides a BOM the parser removes the characters "ï»¿", which are the bytes of a BOM read as Latin-1. This text
      // is decoded, so they are ordinary characters here. The parser gets a BOM first, and removes nothing else then.
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
      feed(decoder.decode()); // the rest of an unfinished character, as U+FFFD
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
