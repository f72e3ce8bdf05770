import type { EventStream } from "@ssekit/core";
import type { StreamReader } from "../../../src/clients/stream-reader.js";
import { pause, until } from "../../../src/support/within.js";

const EVENTS = 6;
const APART_MS = 200;

/**
 * Sends some events, each one 200 ms after the one before it has arrived, and returns how long each of them took, in
 * milliseconds. A proxy that passes on an event only together with the next one makes this fail.
 */
export async function measureDelays(stream: EventStream, reader: StreamReader): Promise<number[]> {
  const delays: number[] = [];
  for (let i = 0; i < EVENTS; i++) {
    await pause(APART_MS);
    const sent = performance.now();
    stream.send(`event ${i}`);
    await until(`event ${i}`, () => reader.events.length > i);
    delays.push(Math.round(performance.now() - sent));
  }
  return delays;
}
