import { createChannel, EventStreamServer } from "@ssekit/core";

export const events = new EventStreamServer();
export const prices = createChannel<{ tick: { symbol: string; price: number } }>();
