import { describe, expect, test } from "vitest";
import { symbols } from "../market.js";
import { startApp } from "./start-app.js";

const parsed = (events: { type: string; data: string }[]) =>
  events.map(({ type, data }) => ({ type, ...JSON.parse(data) }));

describe("/prices", () => {
  test("starts with a snapshot of the topics, and continues with their ticks", async () => {
    const { market, read } = await startApp();
    market.tick();
    const reader = await read(["wheat", "cotton"]);
    market.tick();
    const [snapshot, wheat, cotton] = parsed(await reader.take(3));
    expect(snapshot).toMatchObject({
      type: "snapshot",
      curves: { wheat: [[expect.any(Number), expect.any(Number)]] },
    });
    expect(Object.keys(snapshot.curves)).toEqual(["wheat", "cotton"]);
    expect(wheat).toMatchObject({ type: "tick", symbol: "wheat" });
    expect(cotton).toMatchObject({ type: "tick", symbol: "cotton" });
  });

  test("continues after the last event that the client received", async () => {
    const { market, read } = await startApp();
    const reader = await read(["wheat"]);
    for (let count = 0; count < 3; count++) market.tick();
    const events = await reader.take(4);
    const again = await read(["wheat"], { "Last-Event-ID": events[1]?.lastEventId ?? "" });
    expect(await again.take(2)).toEqual(events.slice(2));
  });

  test("sends a reset when the history is too short, and then a snapshot", async () => {
    const { market, read } = await startApp({ events: 10 });
    const reader = await read(["wheat"]);
    market.tick();
    const [, tick] = await reader.take(2);
    for (let count = 0; count < 5; count++) market.tick();
    const again = await read(["wheat"], { "Last-Event-ID": tick?.lastEventId ?? "" });
    await again.take(2);
    market.tick();
    const [reset, snapshot, next] = parsed(await again.take(3));
    expect(reset).toEqual({ type: "reset", reason: "evicted" });
    expect(snapshot.type).toBe("snapshot");
    expect(next).toMatchObject({ type: "tick", symbol: "wheat" });
  });

  test("publishes the number of readers of each topic", async () => {
    const { market, read } = await startApp();
    const [stats] = await Promise.all([read(["stats"]), read(["wheat", "copper"]), read(["wheat"])]);
    await expect.poll(() => market.prices.size).toBe(3);
    market.report();
    const [, report] = parsed(await stats.take(2));
    expect(report).toEqual({
      type: "stats",
      live: 3,
      lagging: 0,
      buffered: 0,
      resets: 0,
      readers: { wheat: 2, copper: 1, cocoa: 0, cotton: 0 },
    });
  });

  test.for(["topic=gold", "topic=wheat&topic=gold", "topic=wheat&topic=wheat"])(
    "answers 400 to %s",
    async (query) => {
      const { address } = await startApp();
      const response = await fetch(`${address}/prices?${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({
        error: `topic: expected some of ${symbols.join(", ")}, stats, each once`,
      });
    },
  );
});
