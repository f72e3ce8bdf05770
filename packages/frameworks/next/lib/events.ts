import { createChannel, EventStreamServer, type Channel } from "@ssekit/core";

interface Prices {
  tick: { symbol: string; price: number };
}

interface Shared {
  events: EventStreamServer;
  prices: Channel<Prices>;
}

// Next may load this module more than once: for each route, for instrumentation, and again after a change in development.
const shared = globalThis as typeof globalThis & { sse?: Shared };

export const { events, prices } = (shared.sse ??= {
  events: new EventStreamServer(),
  prices: createChannel<Prices>(),
});
