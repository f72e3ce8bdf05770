import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { inspect } from "node:util";
import { EventStreamServer, type EventStream, type EventStreamOptions } from "@ssekit/core";
import { createFrame } from "@ssekit/core/adapter";
import { PORT, portOf, type PortSubscription } from "../src/stream/stream-port.js";

/** A subscription that has yet to send the events that were published before. */
function lagging() {
  let resolve!: () => void;
  const released = new Promise<void>((settle) => (resolve = settle));
  const subscription: PortSubscription & {
    isReleased: boolean;
    end: (() => void) | undefined;
    settle(): void;
  } = {
    isReleased: false,
    end: undefined as (() => void) | undefined,
    streamClosed: vi.fn(),
    heartbeat: () => false,
    defer: () => true,
    deferEnd(end: () => void): boolean {
      subscription.end = end;
      return true;
    },
    skipSnapshot: vi.fn(),
    release: vi.fn(),
    released: (): Promise<void> | undefined => (subscription.isReleased ? undefined : released),
    cursor: "A-7",
    bufferedBytes: 0,
    /** Tells that the deferred messages have been sent. */
    settle(): void {
      subscription.isReleased = true;
      resolve();
    },
  } satisfies PortSubscription & Record<string, unknown>;
  return subscription;
}

describe("the port of a stream", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  async function open(options?: EventStreamOptions) {
    const errors: unknown[] = [];
    const server = new EventStreamServer({
      heartbeat: 2_000,
      ...options,
      onError: (error) => void errors.push(error),
    });
    let stream!: EventStream;
    const request = new Request("http://test/", { headers: { accept: "text/event-stream" } });
    const response = await server.respond(request, (opened) => void (stream = opened));
    let text = "";
    const decoder = new TextDecoder();
    // Resolves with `false` when the body is cut off.
    const read = response
      .body!.pipeTo(new WritableStream({ write: (bytes) => void (text += decoder.decode(bytes)) }))
      .then(
        () => true,
        () => false,
      );
    return { server, stream, port: portOf(stream), errors, whole: read, text: () => text };
  }

  it("resolves drained() without a timer when the messages that the subscription keeps have been sent", async () => {
    const { stream, port } = await open();
    await vi.advanceTimersByTimeAsync(1);
    const subscription = lagging();
    port.attach(subscription);
    expect(await port.drained()).toBe(true);
    const drained = vi.fn();
    void stream.drained().then(drained);
    const timers = vi.getTimerCount();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(drained).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(timers);
    subscription.settle();
    await vi.advanceTimersByTimeAsync(1);
    expect(drained).toHaveBeenCalledWith(true);
  });

  it("resolves drained() with false when the stream closes while the subscription keeps messages", async () => {
    const { stream, port } = await open();
    port.attach(lagging());
    const drained = stream.drained();
    stream.close();
    expect(await drained).toBe(false);
  });

  it("tells a subscription once that the stream closes, and tells nothing to a detached one", async () => {
    const { stream, port } = await open();
    const first = lagging();
    const second = lagging();
    port.attach(first);
    expect(() => port.attach(second)).toThrow(expect.objectContaining({ code: "ERR_SSE_SUBSCRIBED" }));
    port.detach();
    port.attach(second);
    stream.close();
    expect(second.release).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await stream.closed).toBe("closed");
    expect(first.streamClosed).not.toHaveBeenCalled();
    expect(second.streamClosed).toHaveBeenCalledTimes(1);
  });

  it("delays end() until the events published before have been sent, and accepts no more messages", async () => {
    const { stream, port, whole, text } = await open();
    const subscription = lagging();
    port.attach(subscription);
    stream.end({ event: "done" });
    expect(stream.send("late")).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    port.sendFrame(createFrame("data: published\n\n"), "A-7", true);
    expect(text()).not.toContain("event: done");
    subscription.end!();
    await vi.advanceTimersByTimeAsync(1);
    expect(await whole).toBe(true);
    expect(text()).toBe("retry: 3000\n\ndata: published\n\nevent: done\nid: A-7~end\ndata:\n\n");
    expect(await stream.closed).toBe("ended");
  });

  it("waits no longer than headTimeout for a snapshot after end()", async () => {
    const { stream, port } = await open({ headTimeout: 4_000 });
    const subscription = lagging();
    port.attach(subscription);
    stream.end();
    await vi.advanceTimersByTimeAsync(3_900);
    expect(subscription.skipSnapshot).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(subscription.skipSnapshot).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(subscription.skipSnapshot).toHaveBeenCalledTimes(1);
  });

  it("P14: cuts the stream off without an end event if after end() the log sends nothing for stallTimeout", async () => {
    const { stream, port, errors, whole, text } = await open({ stallTimeout: 10_000 });
    const subscription = lagging();
    port.attach(subscription);
    stream.end();
    await vi.advanceTimersByTimeAsync(9_000);
    port.sendFrame(createFrame("data: published\n\n"), "A-7", true);
    await vi.advanceTimersByTimeAsync(9_900);
    expect(errors).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(errors).toEqual([expect.objectContaining({ code: "ERR_SSE_LOG_UNAVAILABLE" })]);
    expect(await stream.closed).toBe("error");
    expect(await whole).toBe(false);
    expect(text()).toContain("data: published");
    expect(text()).toContain(":\n\n"); // heartbeats went on, but do not count as progress of the log
    expect(text()).not.toContain("~end");
  });

  it("does not cut the stream off after end() while its client reads, however slowly", async () => {
    const errors: unknown[] = [];
    const server = new EventStreamServer({
      stallTimeout: 10_000,
      heartbeat: false,
      onError: (error) => void errors.push(error),
    });
    let stream!: EventStream;
    const response = await server.respond(new Request("http://test/"), (opened) => void (stream = opened));
    const reader = response.body!.getReader();
    const port = portOf(stream);
    const subscription = lagging();
    port.attach(subscription);
    await vi.advanceTimersByTimeAsync(1);
    await reader.read();
    for (let i = 0; i < 6; i++) port.sendFrame(createFrame("x".repeat(60_000)), undefined, true);
    stream.end();
    for (let i = 0; i < 5; i++) {
      await vi.advanceTimersByTimeAsync(7_000);
      await reader.read();
    }
    expect(errors).toEqual([]);
    expect(stream.signal.aborted).toBe(false);
    stream.close();
  });

  it("delays the first end() and ignores a second one", async () => {
    const { stream, port } = await open();
    const subscription = lagging();
    const deferEnd = vi.spyOn(subscription, "deferEnd");
    port.attach(subscription);
    stream.end();
    stream.end({ event: "again" });
    expect(deferEnd).toHaveBeenCalledTimes(1);
  });

  it("hides the last event ID of the request from a second subscription", async () => {
    const server = new EventStreamServer();
    let stream!: EventStream;
    const request = new Request("http://test/", { headers: { "last-event-id": "A-3" } });
    await server.respond(request, (opened) => void (stream = opened));
    const port = portOf(stream);
    expect(port.requested.id).toBe("A-3");
    port.attach(lagging());
    expect(port.requested.id).toBe("A-3");
    port.detach();
    expect(port.requested.id).toBeUndefined();
    expect(stream.lastEventId).toBe("A-3");
    stream.close();
  });

  it("is hidden from an app, to which the stream prints as one line", async () => {
    const { stream } = await open();
    expect(Object.keys(stream)).toEqual(["context"]);
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(stream)).toSorted();
    expect(names).toEqual([
      "bufferedBytes",
      "close",
      "closed",
      "comment",
      "constructor",
      "drained",
      "end",
      "lastEventId",
      "send",
      "sendAll",
      "signal",
    ]);
    expect(Object.getOwnPropertySymbols(Object.getPrototypeOf(stream))).toContain(PORT);
    await vi.advanceTimersByTimeAsync(1);
    expect(inspect(stream)).toBe("EventStream { open, bufferedBytes: 0 }");
    stream.close();
    await vi.advanceTimersByTimeAsync(1);
    expect(inspect(stream)).toBe("EventStream { closed, bufferedBytes: 0 }");
  });
});
