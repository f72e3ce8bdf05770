// @ts-check
import { EventStreamServer } from "@ssekit/hono";

/** In a file of its own, so that server.js can shut it down. */
export const events = new EventStreamServer();
