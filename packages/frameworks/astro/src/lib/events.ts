import { createChannel, EventStreamServer } from "@ssekit/core";

export const events = new EventStreamServer();
export const prices = createChannel<{ tick: { symbol: string; price: number } }>();

// Astro's standalone server does not stop at SIGTERM by itself.
process.once("SIGTERM", async () => {
  await events.close({ grace: 5_000 }); // tells clients when to come back
  process.exit();
});
