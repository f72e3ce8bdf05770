import { readEvents, type ReceivedEvent } from "@ssekit/testing";
import { describe, expect, test } from "vitest";
import { startExample } from "../../../packages/conformance/src/support/start-example.js";

const toTheEnd = (events: ReceivedEvent[]) => events.at(-1)?.type === "end";
const last = (events: ReceivedEvent[]) => ({ type: events.at(-2)!.type, ...JSON.parse(events.at(-2)!.data) });

async function start({ pause = 5, kind = "photos" } = {}) {
  const server = await startExample("koa-progress", { PAUSE: String(pause) });
  const response = await fetch(`${server.address}/jobs?kind=${kind}`, { method: "POST" });
  expect(response.status).toBe(201);
  const { id } = (await response.json()) as { id: string };
  const job = `${server.address}/jobs/${id}`;
  return { ...server, job, progress: (init?: RequestInit) => fetch(`${job}/progress`, init) };
}

describe("the server", () => {
  test("reports a job's steps in order, then ends the stream for good", async () => {
    const { progress } = await start({ pause: 30 });
    const events = await readEvents(progress(), toTheEnd, { timeout: 10_000 });
    expect(last(events)).toEqual({ type: "done", step: 60, note: "Done." });
    const steps = events.slice(0, -2).map(({ data }) => JSON.parse(data).step);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b));

    const again = await progress({ headers: { "Last-Event-ID": events.at(-1)!.lastEventId } });
    expect(again.status).toBe(204);
    const late = await readEvents(progress(), toTheEnd);
    expect(late.map(({ type }) => type)).toEqual(["done", "end"]);
  });

  test("reports why a job failed", async () => {
    const { progress } = await start({ kind: "orders" });
    const events = await readEvents(progress(), toTheEnd, { timeout: 10_000 });
    expect(last(events)).toMatchObject({ type: "failed", step: 52, note: expect.stringContaining("twelve") });
  });

  test("cancels a job, and reports this on its stream", async () => {
    const { job, progress } = await start({ pause: 1000 });
    const stream = await progress();
    expect((await fetch(job, { method: "DELETE" })).status).toBe(204);
    const events = await readEvents(stream, toTheEnd);
    expect(last(events)).toMatchObject({ type: "cancelled", note: "You cancelled it." });
  });

  test("cancels a job that no client watches any more", async () => {
    const { progress, printed } = await start({ pause: 200 });
    await readEvents(progress(), 2);
    await printed("Resize 60 photos: cancelled");
    const late = await readEvents(progress(), toTheEnd);
    expect(last(late)).toMatchObject({ type: "cancelled", note: "Nobody was watching." });
  });

  test("continues a job after one of its two readers has left", async () => {
    const { progress, output } = await start({ pause: 70 }); // longer than the server's patience
    const stays = readEvents(progress(), toTheEnd, { timeout: 12_000 });
    await readEvents(progress(), 2);
    expect(last(await stays)).toMatchObject({ type: "done" });
    expect(output()).not.toContain("cancelled");
  });

  test("sets a header after next(), also on a stream", async () => {
    const { progress } = await start({ pause: 1000 });
    const response = await progress();
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("x-response-time")).toMatch(/^\d+\.\d ms$/);
    await response.body!.cancel();
  });

  test("answers 404 as JSON to an unknown job, and 400 to an unknown kind", async () => {
    const { address } = await startExample("koa-progress", { PAUSE: "5" });
    const headers = { Accept: "text/event-stream" };
    for (const request of [
      fetch(`${address}/jobs/none/progress`, { headers }),
      fetch(`${address}/jobs/none`, { method: "DELETE" }),
    ]) {
      const response = await request;
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: "There is no such job." });
    }
    const response = await fetch(`${address}/jobs?kind=constructor`, { method: "POST" });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: "kind: expected photos or orders" });
  });

  test("stops on SIGTERM while a job is running, and prints no error", async () => {
    const { progress, stop, output } = await start({ pause: 60_000 });
    // The same header as EventSource. Without it, the connection would be cut instead of ending normally.
    const response = await progress({ headers: { accept: "text/event-stream" } });
    expect(await stop("SIGTERM")).toEqual([0, null]);
    await response.text();
    expect(output()).toContain("cancelled after 0 steps. The server stopped.");
    expect(output()).not.toContain("Error");
  });
});
