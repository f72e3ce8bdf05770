import { describe, expect, it } from "vitest";
import { createFrame, type Sink } from "@ssekit/core/adapter";
import { FrameWriter } from "../src/stream/frame-writer.js";

const KB = 1024;

/** A sink that is full after each write, until it is drained. */
function fullSink() {
  const writes: number[] = [];
  const ends: boolean[] = [];
  const breaks: boolean[] = [];
  const sink = {
    bufferedBytes: 0,
    write(frames) {
      sink.bufferedBytes = frames.reduce((sum, frame) => sum + frame.bytes.byteLength, 0);
      writes.push(sink.bufferedBytes);
      return false;
    },
    schedule: (flush) => flush(),
    end: (last = false) => void ends.push(last),
    breakOff: (last = false) => void breaks.push(last),
    abort() {},
  } satisfies Sink as Sink & { bufferedBytes: number };
  return { sink, writes, ends, breaks };
}

describe("FrameWriter", () => {
  it("writes at most 64 KiB to the sink at once, and a larger frame in slices", () => {
    const { sink, writes } = fullSink();
    const writer = new FrameWriter(sink, { now: () => 0 });
    for (let i = 0; i < 4; i++) writer.push(createFrame("x".repeat(30 * KB)));
    writer.push(createFrame("y".repeat(150 * KB)));
    for (let i = 0; i < 10; i++) writer.sinkDrained();
    expect(writes.map((bytes) => bytes / KB)).toEqual([30, 60, 30, 64, 64, 22]);
    expect(writer.isIdle).toBe(true);
  });

  it("counts a slice that has left as progress, so that a steady reader of one large frame is not stalled", () => {
    let now = 0;
    const { sink } = fullSink();
    const writer = new FrameWriter(sink, { now: () => now });
    writer.push(createFrame("x".repeat(KB * KB)));
    for (; now < 70_000; now += 5_000) {
      expect(writer.isStalled(now, 8_000)).toBe(false);
      writer.sinkDrained();
    }
    expect(sink.bufferedBytes).toBe(64 * KB);
    expect(writer.isStalled(now, 8_000)).toBe(false);
    now -= 5_000; // back to the last drain
    expect(writer.isStalled(now + 8_000, 8_000)).toBe(true);
  });

  it("ends the sink after the frames that were pushed", () => {
    const { sink, writes, ends } = fullSink();
    const writer = new FrameWriter(sink, { now: () => 0 });
    writer.push(createFrame("x".repeat(100 * KB)));
    writer.end(true);
    expect(ends).toEqual([]);
    writer.sinkDrained();
    expect(writes).toHaveLength(2);
    expect(ends).toEqual([true]);
  });
});
