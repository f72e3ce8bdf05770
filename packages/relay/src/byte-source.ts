import { SseError } from "@ssekit/core";
import { describe } from "@ssekit/core/adapter";

/** The bytes of an upstream, whatever it is made of. */
export interface ByteSource {
  /** The next chunk. Rejects with an `SseError`. */
  read(): Promise<IteratorResult<Uint8Array, unknown>>;
  /** Lets go of the upstream at once, while a `read` is pending, before the first and after the end. Never throws. */
  cancel(): void;
}

/** The stream or iterable as a `ByteSource`; `undefined` when it is neither, or somebody else reads it. */
export function openBytes(bytes: unknown): ByteSource | undefined {
  if (typeof bytes !== "object" || bytes === null || isTaken(bytes)) return undefined;
  if (isReadableStream(bytes)) return fromReadableStream(bytes);
  return Symbol.asyncIterator in bytes ? fromAsyncIterable(bytes as AsyncIterable<unknown>) : undefined;
}

function isReadableStream(value: object): value is ReadableStream<unknown> {
  return typeof (value as { getReader?: unknown }).getReader === "function";
}

/** Locked, or, of a Node stream, already read to its end. */
function isTaken(bytes: { locked?: boolean; readableEnded?: boolean }): boolean {
  return bytes.locked === true || bytes.readableEnded === true;
}

function fromReadableStream(stream: ReadableStream<unknown>): ByteSource {
  const reader = stream.getReader();
  return {
    read: () => readChunk(() => reader.read()),
    cancel() {
      reader.cancel().catch(() => {}); // of a stream that broke: read() has told
      reader.releaseLock();
    },
  };
}

function fromAsyncIterable(iterable: AsyncIterable<unknown> & { destroy?: () => void }): ByteSource {
  const iterator = iterable[Symbol.asyncIterator]();
  const close = async (): Promise<void> => {
    // The iterator of a Node stream is a generator: its return() waits behind a pending next(), destroy() does not.
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
    return "relay decodes UTF-8 itself: leave out TextDecoderStream or setEncoding()";
  return "these are events already, as of an SDK's stream: send them as a source, with the option toMessage, without relay";
}

// Not instanceof: under Jest a Buffer is of another realm's Uint8Array.
function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === "[object Uint8Array]";
}
