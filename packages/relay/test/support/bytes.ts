import type { RelayedMessage } from "../../src/index.js";

/** The UTF-8 bytes of a text. */
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An upstream that yields these chunks, one for each pull. */
export async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === "string" ? utf8(part) : part;
}

/** An upstream that repeats a chunk for ever, and says how many bytes were taken of it. */
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

/** All ways to cut bytes that P3 is tested with: whole, in two at every byte, and into single bytes. */
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

/** Reads a relay that fails: what came before, and the error. */
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
