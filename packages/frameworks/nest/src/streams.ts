import { Injectable, type BeforeApplicationShutdown } from "@nestjs/common";
import { createChannel, EventStreamServer } from "@ssekit/express";

export interface Price {
  symbol: string;
  price: number;
}

@Injectable()
export class Streams implements BeforeApplicationShutdown {
  readonly events = new EventStreamServer();
  readonly prices = createChannel<{ tick: Price }>();

  // Nest calls this before it waits for its connections, which streams would keep open.
  beforeApplicationShutdown() {
    return this.events.close({ grace: 5_000 });
  }
}
