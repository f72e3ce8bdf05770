import type { RelayedMessage } from "../../src/index.js";

/** Encodes a text as UTF-8. */
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Makes an upstream that yields these chunks one by one. */
export async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === "string" ? utf8(part) : part;
}

/** Makes an upstream that repeats a chunk for ever, and counts the bytes that were read. */
export function endless(part: string): AsyncIterable<Uint8Array> & { bytes: number } {
  const chunk = utf8(part);
  return {
    bytes: 0,
    async *[Symbol.asyncIterator]() {
      for (;;) {
        this.bytes += chunk.byteLength;
        yield chunk;
      }
    },
  };
}

/** The ways to cut bytes that the tests of P3 use: not at all, in two at every byte, and into single bytes. */
export function* cuttings(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes];
  for (let at = 1; at < bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** Reads a relay to its end. */
export async function collect(relayed: AsyncIterable<RelayedMessage>): Promise<RelayedMessage[]> {
  const messages: RelayedMessage[] = [];
  for await (const message of relayed) messages.push(message);
  return messages;
}

/** Reads a relay to its end, which may be in the middle of a block. */
export async function collectWhole(relayed: AsyncIterable<RelayedMessage>): Promise<RelayedMessage[]> {
  const messages: RelayedMessage[] = [];
  try {
    for await (const message of relayed) messages.push(message);
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_SSE_UPSTREAM_INCOMPLETE") throw error;
  }
  return messages;
}

/** Reads a relay that fails. Returns the events before the error, and the error. */
export async function collectUntilError(
  relayed: AsyncIterable<RelayedMessage>,
): Promise<{ messages: RelayedMessage[]; error: unknown }> {
  const messages: RelayedMessage[] = [];
  try {
    for await (const message of relayed) messages.push(message);
  } catch (error) {
    return { messages, error };
  }
  throw new Error(`Expected the relay to fail, but it ended after ${messages.length} events`);
}
