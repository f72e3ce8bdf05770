import { createChannel, EventStreamServer } from "@ssekit/core";

export const events = new EventStreamServer();
export const prices = createChannel<{ tick: { symbol: string; price: number } }>();

// After SIGTERM, react-router-serve waits until all responses have ended. This ends the streams, and tells clients when
// to come back.
process.once("SIGTERM", () => void events.close({ grace: 5_000 }));
