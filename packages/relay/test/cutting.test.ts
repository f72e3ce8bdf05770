import { createParser } from "eventsource-parser";
import { describe, expect, test } from "vitest";
import { relay, type RelayedMessage } from "../src/index.js";
import { chunks, collectWhole, cuttings } from "./support/bytes.js";
import { recordings } from "./support/recordings.js";
import { chunksOf, loadVectors, type DispatchedEvent, type Vector } from "./support/vectors.js";

/** Makes the events that EventSource would dispatch: the type has a default, and the last event ID stays. */
function dispatch(messages: RelayedMessage[], lastEventId = ""): DispatchedEvent[] {
  return messages.map(({ event, data, id }) => {
    lastEventId = id ?? lastEventId;
    return { type: event ?? "message", data, lastEventId };
  });
}

const maxEventBytes = 128 << 20;

async function relayed(
  parts: Uint8Array[],
  { initialLastEventId }: Partial<Vector> = {},
): Promise<DispatchedEvent[]> {
  return dispatch(await collectWhole(relay(chunks(...parts), { maxEventBytes })), initialLastEventId);
}

describe.each(["wpt", "parsers"] as const)("P3: the vectors of %s.json", (file) => {
  const vectors = loadVectors(file);
  const small = vectors.filter((vector) => vector.generate === undefined);

  test("are there", () => {
    expect(vectors.length).toBeGreaterThanOrEqual(40);
  });

  test.each(small)("$id: the same events for any cutting ($source)", async (vector) => {
    const own = chunksOf(vector);
    expect(await relayed(own, vector)).toEqual(vector.expect.events);
    for (const parts of cuttings(Buffer.concat(own))) {
      expect(await relayed(parts, vector)).toEqual(vector.expect.events);
    }
  });
});

const parsers = loadVectors("parsers");

test.each(parsers.filter((vector) => vector.generate !== undefined))("P3: $id: $source", async (vector) => {
  const events = await relayed(chunksOf(vector), vector);
  const measured = events.map(({ data, ...event }, i) => {
    return vector.expect.events[i]?.dataLength === undefined
      ? { ...event, data }
      : { ...event, dataLength: data.length };
  });
  expect(measured).toEqual(vector.expect.events);
});

test.each(parsers.filter((vector) => vector.expect.eventsAfterChunk !== undefined))(
  "P3: $id: an event leaves with the byte that completes it ($source)",
  async (vector) => {
    let seen = 0;
    const seenAfterChunk: number[] = [];
    async function* upstream(): AsyncGenerator<Uint8Array> {
      for (const chunk of chunksOf(vector)) {
        yield chunk;
        seenAfterChunk.push(seen); // the relay asks for more, so it has yielded every event that the chunk completed
      }
    }
    for await (const _ of relay(upstream())) seen += 1;
    expect(seenAfterChunk).toEqual(vector.expect.eventsAfterChunk);
  },
);

describe.each(recordings)("P3: the recording $name", ({ bytes, events, firstData, lastData }) => {
  const whole: DispatchedEvent[] = [];
  let lastEventId = "";
  createParser({
    onId: (id) => (lastEventId = id),
    onEvent: ({ event, data }) => whole.push({ type: event ?? "message", data, lastEventId }),
  }).feed(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));

  test("has the expected events", () => {
    expect(whole).toHaveLength(events);
    expect(whole[0]?.data.startsWith(firstData)).toBe(true);
    expect(whole.at(-1)?.data.startsWith(lastData)).toBe(true);
  });

  test("gives the same events for any cutting", { timeout: 60_000 }, async () => {
    // Compared as text, because toEqual of all events would take most of the test's time.
    const expected = JSON.stringify(whole);
    for (const parts of cuttings(bytes)) {
      expect(JSON.stringify(await relayed(parts)), `cut at ${parts[0]?.length}`).toBe(expected);
    }
  });

  test("is relayed without its unfinished last event when it is cut short", async () => {
    for (let end = 0; end < bytes.length; end += 7) {
      const actual = await relayed([bytes.subarray(0, end)]);
      expect(actual).toEqual(whole.slice(0, actual.length));
    }
  });
});
