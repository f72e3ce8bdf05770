import { createChannel, EventStreamServer, open, type MessageSource } from "@ssekit/node";
import type { H3Event } from "h3";

export const events = new EventStreamServer();
export const prices = createChannel<{ tick: { symbol: string; price: number } }>();

/** Answers with an event stream. Resolves when the stream has closed, because h3 answers 404 if nothing is sent before. */
export function sendEvents(event: H3Event, source: MessageSource): Promise<void> {
  return new Promise((resolve, reject) => {
    // An error of the source before its first item goes to h3, which answers 500.
    const stream = open(event.node.req, event.node.res, { server: events, source, fail: reject });
    void stream.closed.then(() => resolve());
  });
}
