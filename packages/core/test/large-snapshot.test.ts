import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { createChannel, EventStreamServer } from "@ssekit/core";

const MB = 1 << 20;
const CLIENTS = 60;

function memory(): number {
  (globalThis as { gc?(): void }).gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

it.each([
  ["at once", () => "x".repeat(10 * MB)],
  ["later", async () => "x".repeat(10 * MB)],
])("P7: clients that never read share the frame of one snapshot, made %s", async (_when, snapshot) => {
  const channel = createChannel();
  const server = new EventStreamServer({ heartbeat: false });
  const before = memory();
  const responses: Response[] = [];
  for (let n = 0; n < CLIENTS; n++) {
    responses.push(
      await server.respond(new Request("http://test/"), (stream) => {
        channel.subscribe(stream, { snapshot });
      }),
    );
  }
  await turn();
  // The text, the frame, and for each client the bytes that were written to its stream.
  expect((memory() - before) / MB).toBeLessThan(50 + (CLIENTS * 128) / 1024);
  expect(channel.size).toBe(CLIENTS);
  await Promise.all(responses.map(({ body }) => body!.cancel()));
  await channel.close();
});
