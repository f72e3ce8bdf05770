import { SseError } from "@ssekit/core";
import { describe } from "@ssekit/core/adapter";

/** The bytes of an upstream, which may be a web stream or an async iterable. */
export interface ByteSource {
  /** Reads the next chunk. Rejects with an `SseError`. */
  read(): Promise<IteratorResult<Uint8Array, unknown>>;
  /** Closes the upstream at once. Works before the first `read`, during one and after the end, and never throws. */
  cancel(): void;
}

/** Makes a `ByteSource` of a stream or an async iterable. `undefined`: it is neither, or it was read or is locked. */
export function openBytes(bytes: unknown): ByteSource | undefined {
  if (typeof bytes !== "object" || bytes === null || isTaken(bytes)) return undefined;
  if (isReadableStream(bytes)) return fromReadableStream(bytes);
  return Symbol.asyncIterator in bytes ? fromAsyncIterable(bytes as AsyncIterable<unknown>) : undefined;
}

function isReadableStream(value: object): value is ReadableStream<unknown> {
  return typeof (value as { getReader?: unknown }).getReader === "function";
}

/** Whether the stream is locked (a web stream) or was read to its end (a Node stream). */
function isTaken(bytes: { locked?: boolean; readableEnded?: boolean }): boolean {
  return bytes.locked === true || bytes.readableEnded === true;
}

function fromReadableStream(stream: ReadableStream<unknown>): ByteSource {
  const reader = stream.getReader();
  return {
    read: () => readChunk(() => reader.read()),
    cancel() {
      reader.cancel().catch(() => {}); // fails if the stream broke, which read() has reported
      reader.releaseLock();
    },
  };
}

function fromAsyncIterable(iterable: AsyncIterable<unknown> & { destroy?: () => void }): ByteSource {
  const iterator = iterable[Symbol.asyncIterator]();
  const close = async (): Promise<void> => {
    // The iterator of a Node stream is a generator. Its return() waits for a pending next(), and destroy() does not.
    if (typeof iterable.destroy === "function") iterable.destroy();
    await iterator.return?.();
  };
  return {
    read: () => readChunk(() => iterator.next()),
    cancel() {
      close().catch(() => {});
    },
  };
}

async function readChunk(
  next: () => Promise<IteratorResult<unknown, unknown>>,
): Promise<IteratorResult<Uint8Array, unknown>> {
  let result: IteratorResult<unknown, unknown>;
  try {
    result = await next();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SseError("ERR_SSE_UPSTREAM_BROKEN", `The upstream broke off: ${reason}`, { cause });
  }
  if (result.done === true || isBytes(result.value)) return result as IteratorResult<Uint8Array, unknown>;
  throw new SseError(
    "ERR_SSE_INVALID_SOURCE",
    `upstream: expected chunks of bytes (Uint8Array), got ${describe(result.value)}; ${adviceForChunk(result.value)}`,
  );
}

function adviceForChunk(chunk: unknown): string {
  if (typeof chunk === "string")
    return "relay decodes UTF-8 itself: remove TextDecoderStream or setEncoding()";
  return "these are already events, such as those of an SDK: send them as a source with the option toMessage, without relay";
}

// Not instanceof, because in Jest a Buffer extends the Uint8Array of another realm.
function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === "[object Uint8Array]";
}
