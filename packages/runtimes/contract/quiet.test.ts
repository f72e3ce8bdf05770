import { EventStreamServer, type EventStream } from "@ssekit/core";
import { expect, it } from "vitest";
import { serve } from "./runtime.js";

const QUIET_MS = 30_000;

it("a stream of `respond` with default options outlives 30 quiet seconds", { timeout: 45_000 }, async () => {
  const events = new EventStreamServer();
  const streams: EventStream[] = [];
  const server = await serve((request) => events.respond(request, (stream) => void streams.push(stream)));
  const response = await fetch(server.url, { headers: { accept: "text/event-stream" } });
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  expect(events.streams.size).toBe(1);
  streams[0]!.send("still there");
  streams[0]!.close();
  expect(await response.text()).toContain("data: still there\n\n");
  await server.close();
});
