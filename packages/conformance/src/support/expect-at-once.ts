import type { EventStream } from "@ssekit/core";
import { expect } from "vitest";
import { StreamReader } from "../clients/stream-reader.js";

/** Expects that each event arrives before the next one is sent. */
export async function expectAtOnce(response: Response, stream: EventStream): Promise<StreamReader> {
  expect(response.status).toBe(200);
  const reader = new StreamReader(response);
  for (let i = 0; i < 3; i++) {
    stream.send(`event ${i}`);
    await reader.untilData(`event ${i}`);
  }
  return reader;
}
