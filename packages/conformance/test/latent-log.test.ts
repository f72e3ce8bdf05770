import { expect, it } from "vitest";
import type { News } from "@ssekit/core";
import { LatentLog } from "../src/latent-log.js";
import { until } from "../src/support/within.js";

const latency = [1, 3] as const;
const MUCH = { events: 100, bytes: 1 << 20 };

it.each([true, false])(
  "may store an append that is sent while the log is down: isStored = %s",
  async (isStored) => {
    const log = new LatentLog({ latency });
    log.isStoredWhenDown = () => isStored;
    const told: string[] = [];
    await log.tail((news) => told.push(...("entries" in news ? news.entries.map(({ data }) => data) : [])));
    log.goDown();
    await expect(log.append([{ data: "a" }])).rejects.toMatchObject({ code: "ERR_SSE_LOG_UNAVAILABLE" });
    expect([log.record.log.read("start", MUCH), told]).toMatchObject([
      { entries: isStored ? [{ data: "a" }] : [] },
      [],
    ]);
    log.goUp();
    await log.append([{ data: "b" }]);
    await until("the listener to be told", () => told.includes("b"));
    expect(told).toEqual(isStored ? ["a", "b"] : ["b"]);
    await log.close();
  },
);

it("loses the answer of an append that was stored before the log went down", async () => {
  const log = new LatentLog({ latency: [20, 20] });
  const answer = Promise.allSettled([log.append([{ data: "a" }])]);
  await until("the append to be stored", () => log.record.log.peek().first !== undefined);
  log.goDown();
  log.goUp();
  expect(await answer).toMatchObject([{ status: "rejected", reason: { code: "ERR_SSE_LOG_UNAVAILABLE" } }]);
  expect((await log.peek()).first).toMatchObject({ data: "a" });
  await log.close();
});

it("may tell its listeners an entry later than another node can read it", async () => {
  const late = new LatentLog({ latency, hearing: [10_000, 10_000] });
  const early = new LatentLog({ latency, record: late.record });
  const told: News[] = [];
  await late.tail((news) => told.push(news));
  const [id] = await early.append([{ data: "a" }]);
  let read = await early.read("start", MUCH);
  while (read.cursor !== id) read = await early.read("start", MUCH);
  expect(read).toMatchObject({ entries: [{ data: "a" }], atTail: true });
  expect(await late.read("start", MUCH)).toMatchObject({ entries: [], atTail: true });
  expect(await late.read({ after: id }, MUCH)).toMatchObject({ entries: [], cursor: id });
  expect(told).toEqual([]);
  await Promise.all([late.close(), early.close()]);
});

it("makes an operation fail with the error of `fault`, and stores nothing", async () => {
  const log = new LatentLog({ latency });
  const asked: string[] = [];
  log.fault = (operation) => {
    asked.push(operation);
    return new Error(`no ${operation}`);
  };
  await expect(log.append([{ data: "a" }])).rejects.toThrow("no append");
  await expect(log.read("start", MUCH)).rejects.toThrow("no read");
  await expect(log.peek()).rejects.toThrow("no peek");
  await expect(log.tail(() => {})).rejects.toThrow("no tail");
  expect(asked).toEqual(["append", "read", "peek", "tail"]);
  expect(log.record.log.peek().first).toBeUndefined();
  await log.close();
});
