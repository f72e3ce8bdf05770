import { StreamReader, until } from "@ssekit/conformance";
import { describe, expect, onTestFinished, test } from "vitest";
import type { JobState } from "../job.js";
import { startExample } from "../../../packages/conformance/src/support/start-example.js";

async function start({ pause = 5 } = {}) {
  const server = await startExample("koa-progress", { PAUSE: String(pause) });
  const page = await fetch(server.address);
  const cookie = page.headers.getSetCookie()[0]!.split(";")[0]!;
  const request = (method: string, path: string, headers: Record<string, string> = { cookie }) =>
    fetch(`${server.address}${path}`, { method, headers });
  return {
    ...server,
    request,
    startJob: async (kind: string) =>
      (await (await request("POST", `/jobs?kind=${kind}`)).json()) as JobState,
    /** Reads the list's events, as another tab would. */
    watch: async (headers: Record<string, string> = {}) => {
      const accept = "text/event-stream";
      const reader = new StreamReader(await request("GET", "/jobs/events", { accept, cookie, ...headers }));
      onTestFinished(() => reader.leave());
      return reader;
    },
  };
}

const parsed = ({ events }: StreamReader) => events.map(({ type, data }) => ({ type, ...JSON.parse(data) }));
const statesOf = (reader: StreamReader) => parsed(reader).filter(({ type }) => type === "job") as JobState[];
const lastStatus = (reader: StreamReader) => statesOf(reader).at(-1)?.status;

describe("the server", () => {
  test("reports every step of a job in order, and its end", async () => {
    const { startJob, watch } = await start();
    const reader = await watch();
    const { id, title, steps } = await startJob("photos");
    await until("the job is done", () => lastStatus(reader) === "done");
    expect(parsed(reader)[0]).toEqual({ type: "snapshot", jobs: [] });
    const reported = statesOf(reader).filter(({ status }) => status === "running");
    expect(reported.map(({ step }) => step)).toEqual(Array.from({ length: 61 }, (_, step) => step));
    expect(statesOf(reader).at(-1)).toMatchObject({ id, title, steps, step: 60, note: "Done." });
  });

  test("reports why a job failed", async () => {
    const { startJob, watch } = await start();
    const reader = await watch();
    await startJob("orders");
    await until("the job has failed", () => lastStatus(reader) === "failed");
    expect(statesOf(reader).at(-1)).toMatchObject({ step: 52, note: expect.stringContaining("twelve") });
  });

  test("a job goes on while nobody watches it, and a new reader gets its exact state", async () => {
    const { startJob, watch, printed } = await start({ pause: 10 });
    const first = await watch();
    const { id } = await startJob("photos");
    await until("a step", () => statesOf(first).length > 1);
    first.leave();
    await printed("Resize 60 photos: done");
    const second = await watch();
    await until("the snapshot", () => second.events.length > 0);
    expect(parsed(second)[0]).toMatchObject({ type: "snapshot", jobs: [{ id, step: 60, status: "done" }] });
  });

  test("a reader that comes back with its last event ID gets each step that it missed, once", async () => {
    const { startJob, watch, printed } = await start();
    const first = await watch();
    await startJob("photos");
    await until("a step", () => statesOf(first).length > 5);
    first.leave();
    const seen = statesOf(first);
    await printed("Resize 60 photos: done");
    const second = await watch({ "last-event-id": first.events.at(-1)!.lastEventId });
    await until("the end", () => lastStatus(second) === "done");
    const steps = [...seen, ...statesOf(second)].filter(({ status }) => status === "running");
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 61 }, (_, step) => step));
    expect(second.events.map(({ type }) => type)).not.toContain("snapshot");
  });

  test("cancels a job, and removes it only when it has finished", async () => {
    const { startJob, watch, request } = await start({ pause: 60_000 });
    const reader = await watch();
    const { id } = await startJob("photos");
    expect((await request("DELETE", `/jobs/${id}`)).status).toBe(409);
    expect((await request("POST", `/jobs/${id}/cancel`)).status).toBe(204);
    await until("the job is cancelled", () => lastStatus(reader) === "cancelled");
    expect(statesOf(reader).at(-1)).toMatchObject({ step: 0, note: "You cancelled it." });
    expect((await request("DELETE", `/jobs/${id}`)).status).toBe(204);
    await until("the removal", () => parsed(reader).at(-1)?.type === "removed");
    expect(parsed(reader).at(-1)).toEqual({ type: "removed", id });
    const later = await watch();
    await until("the snapshot", () => later.events.length > 0);
    expect(parsed(later)[0]).toEqual({ type: "snapshot", jobs: [] });
  });

  test("shows nobody the jobs of another visitor", async () => {
    const { startJob, watch, request } = await start({ pause: 60_000 });
    const { id } = await startJob("photos");
    const other = { cookie: `visitor=${crypto.randomUUID()}` };
    const reader = await watch(other);
    await until("the snapshot", () => reader.events.length > 0);
    expect(parsed(reader)).toEqual([{ type: "snapshot", jobs: [] }]);
    expect((await request("POST", `/jobs/${id}/cancel`, other)).status).toBe(404);
  });

  test("runs at most five jobs of a visitor at a time", async () => {
    const { startJob, request } = await start({ pause: 60_000 });
    const jobs = [];
    for (let n = 0; n < 5; n++) jobs.push(await startJob("photos"));
    expect((await request("POST", "/jobs?kind=photos")).status).toBe(429);
    await request("POST", `/jobs/${jobs[0]!.id}/cancel`);
    await expect.poll(async () => (await request("POST", "/jobs?kind=photos")).status).toBe(201);
  });

  test("sets a header after next(), also on a stream", async () => {
    const { request } = await start({ pause: 1000 });
    const response = await request("GET", "/jobs/events");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("x-response-time")).toMatch(/^\d+\.\d ms$/);
    await response.body!.cancel();
  });

  test("answers 404 as JSON to an unknown job, and 400 to an unknown kind", async () => {
    const { request } = await start();
    for (const [method, path] of [
      ["DELETE", "/jobs/none"],
      ["POST", "/jobs/none/cancel"],
    ] as const) {
      const response = await request(method, path);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: "There is no such job." });
    }
    const response = await request("POST", "/jobs?kind=constructor");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: "kind: expected one of photos, film, orders" });
  });

  test("stops on SIGTERM while a job is running, tells its readers, and prints no error", async () => {
    const { startJob, watch, stop, output } = await start({ pause: 60_000 });
    const reader = await watch();
    await startJob("photos");
    expect(await stop("SIGTERM")).toEqual([0, null]);
    expect(statesOf(reader).at(-1)).toMatchObject({ status: "cancelled", note: "The server stopped." });
    expect(output()).toContain("cancelled after 0 steps. The server stopped.");
    expect(output()).not.toContain("Error");
  });
});
