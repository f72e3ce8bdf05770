import { encode, type Draft, type Entry } from "@ssekit/core";
import { createEntry, END_SUFFIX } from "@ssekit/core/adapter";

const END = 1;
const CONTROL = 2;
/** The flag of a draft that has an idempotency key. */
const KEYED = 4;

/** A draft in the form in which it is sent to Redis. */
export interface PackedDraft {
  readonly flags: number;
  readonly bytes: number;
  /** The idempotency key as JSON, because UTF-8 does not tell all strings apart. "" for none. */
  readonly key: string;
  /** JSON without line ends, so that a message can hold several, each on its own line. */
  readonly body: string;
}

// The id is not known before the entry is stored. This one is about as long.
const ID = "0123456789ab-1234567.1234567890123456";

/** @throws {SseError} `ERR_SSE_INVALID_FIELD`, if the draft cannot be encoded as an event. */
export function pack(draft: Draft): PackedDraft {
  const { event, data, topics, end, control, idempotencyKey } = draft;
  const flags = (end ? END : 0) | (control ? CONTROL : 0) | (idempotencyKey === undefined ? 0 : KEYED);
  return {
    flags,
    bytes: sizeOf(draft),
    key: idempotencyKey === undefined ? "" : JSON.stringify(idempotencyKey),
    body: JSON.stringify([data, flags, event ?? 0, topics ?? 0, idempotencyKey ?? 0]),
  };
}

/** The size that a history counts. It is computed without making the frame, which would take ten times as long. */
function sizeOf({ event, data, topics = [], end, idempotencyKey = "" }: Draft): number {
  const id = end ? ID + END_SUFFIX : ID;
  const text = encode(event === undefined ? { id, data } : { event, id, data });
  return Buffer.byteLength(text) + Buffer.byteLength(topics.join("") + idempotencyKey);
}

export function unpack(id: string, body: string): Entry {
  const [data, flags, event, topics, idempotencyKey] = JSON.parse(body) as [
    string,
    number,
    string | 0,
    string[] | 0,
    string | 0,
  ];
  return createEntry(id, {
    ...(event !== 0 && { event }),
    data,
    ...(topics !== 0 && { topics }),
    ...(flags & END && { end: true as const }),
    ...(flags & CONTROL && { control: true as const }),
    ...(idempotencyKey !== 0 && { idempotencyKey }),
  });
}
