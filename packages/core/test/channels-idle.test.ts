import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createChannels, EventStreamServer } from "@ssekit/core";

const idle = 1_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("counts the idle time of a channel from the moment at which its last subscriber was cut off", async () => {
  const channels = createChannels({ idle });
  const { body } = await new EventStreamServer().respond(new Request("http://test/"), (stream) => {
    channels.getOrCreate("a").subscribe(stream);
  });
  await vi.advanceTimersByTimeAsync(5 * idle);
  await body!.cancel(); // the connection breaks; the client comes back soon
  await vi.advanceTimersByTimeAsync(idle - 1);
  expect(channels.has("a")).toBe(true);
  await vi.advanceTimersByTimeAsync(idle);
  expect(channels.has("a")).toBe(false);
});

it("counts the idle time of a channel from the moment at which its source was exhausted", async () => {
  const channels = createChannels({ idle });
  const published = channels.getOrCreate("a").publishAll(async function* () {
    await new Promise((later) => setTimeout(later, 5 * idle));
    yield "one";
  });
  await vi.advanceTimersByTimeAsync(5 * idle);
  await published;
  await vi.advanceTimersByTimeAsync(idle - 1);
  expect(channels.has("a")).toBe(true);
  await vi.advanceTimersByTimeAsync(idle);
  expect(channels.has("a")).toBe(false);
});
