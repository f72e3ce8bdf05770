import type { Disconnect, Receiver } from "./connection.js";

/** Reads a fetch `Response`. */
export function connectResponse({ status, headers, body }: Response, receiver: Receiver): Disconnect {
  receiver.open({ status, headers: Object.fromEntries(headers) });
  if (body !== null) return connectStream(body, receiver);
  receiver.end();
  return () => {};
}

/** Reads a web stream of bytes. */
export function connectStream(stream: ReadableStream<Uint8Array>, receiver: Receiver): Disconnect {
  const reader = stream.getReader();
  async function read(): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return receiver.end();
      receiver.chunk(value);
    }
  }
  read().catch((error: unknown) => receiver.end(error));
  return () => {
    reader.cancel().catch(() => {}); // fails if the stream broke, which read() has reported
  };
}
