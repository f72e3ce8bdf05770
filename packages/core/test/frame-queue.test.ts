import { describe, expect, it, vi } from "vitest";
import { createFrame, joinFrames, type Frame } from "@ssekit/core/adapter";
import { FrameQueue } from "../src/stream/frame-queue.js";

const text = (frames: readonly Frame[]): string => new TextDecoder().decode(joinFrames(frames));
const length = (frames: readonly Frame[]): number =>
  frames.reduce((sum, frame) => sum + frame.bytes.byteLength, 0);

describe("FrameQueue", () => {
  it("returns the same frame objects while there are few of them", () => {
    const queue = new FrameQueue();
    const frames = [createFrame("a"), createFrame("b")];
    for (const frame of frames) queue.push(frame);
    expect(queue.bytes).toBe(2);
    expect(queue.take(100)).toEqual(frames);
    expect(queue.isEmpty).toBe(true);
    expect(queue.bytes).toBe(0);
    expect(queue.take(100)).toEqual([]);
  });

  it("keeps the order of small and large frames, whatever is taken in between, and counts their bytes", () => {
    const queue = new FrameQueue();
    let expected = "";
    let taken = "";
    let tooMuch = 0;
    let miscounted = 0;
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    for (let i = 0; i < 20_000; i++) {
      const kind = random(40);
      const block = `${i}:`.padEnd(kind === 0 ? random(9_000) : kind === 1 ? 0 : random(30), "x");
      queue.push(createFrame(block));
      expected += block;
      if (random(1_500) === 0) {
        const most = 100 + random(40_000);
        const part = queue.take(most);
        if (length(part) > most) tooMuch++;
        taken += text(part);
      }
      if (i % 100 === 0 && queue.bytes !== expected.length - taken.length) miscounted++;
    }
    while (!queue.isEmpty) taken += text(queue.take(777));
    expect(taken === expected).toBe(true);
    expect([tooMuch, miscounted, queue.bytes]).toEqual([0, 0, 0]);
  });

  it("cuts a frame that is larger than the bytes taken, and no other frame", () => {
    const queue = new FrameQueue();
    queue.push(createFrame("x".repeat(2_000)));
    queue.push(createFrame("y".repeat(2_000)));
    expect([900, 900, 900].map((bytes) => length(queue.take(bytes)))).toEqual([900, 900, 200]);
    expect(queue.bytes).toBe(2_000);
    expect(text(queue.take(2_000))).toBe("y".repeat(2_000));
  });

  it.each([1, 2, 3, 100, 127])("joins the rest of small frames after %i bytes have been taken", (bytes) => {
    const queue = new FrameQueue();
    const frames = Array.from({ length: 64 }, (_, i) => createFrame(String.fromCharCode(48 + i).repeat(2)));
    for (const frame of frames.slice(0, 63)) queue.push(frame);
    let taken = text(queue.take(bytes));
    for (let i = 63; i < 200; i++) queue.push(frames[i % 64]!);
    while (!queue.isEmpty) taken += text(queue.take(10));
    expect(taken).toBe(text(Array.from({ length: 200 }, (_, i) => frames[i % 64]!)));
  });

  it("is not empty while it has an empty frame, which keeps its place", () => {
    const queue = new FrameQueue();
    const empty = createFrame("");
    queue.push(empty);
    expect(queue.isEmpty).toBe(false);
    expect(queue.take(10)).toEqual([empty]);
    expect(queue.isEmpty).toBe(true);
  });

  it.each([
    ["small ones", 0],
    ["small ones between larger ones", 20],
    ["many small ones between larger ones", 80],
  ])("P7: uses about as much memory as it counts: %s", (_name, every) => {
    const queue = new FrameQueue();
    const before = memory();
    const count = 100_000;
    for (let i = 0; i < count; i++) {
      queue.push(
        createFrame(every > 0 && i % every === 0 ? `data: ${"x".repeat(1_100)}\n\n` : "data: x\n\n"),
      );
    }
    const used = memory() - before;
    expect(queue.bytes).toBeGreaterThan(count * 9 - 1);
    expect(used).toBeLessThan(2 * queue.bytes + 200_000);
    expect(queue.isEmpty).toBe(false);
  });

  it("takes each of many frames in a time that does not depend on their number", () => {
    const queue = new FrameQueue();
    let moved = 0;
    // These frames are large enough not to be copied. To copy the rest for each of them would be 200 million moves.
    const frame = createFrame("x".repeat(1_024));
    for (let i = 0; i < 20_000; i++) queue.push(frame);
    const slice = vi.spyOn(Array.prototype, "slice");
    while (!queue.isEmpty) queue.take(1_024);
    for (const { value } of slice.mock.results) moved += (value as unknown[]).length;
    slice.mockRestore();
    expect(moved).toBeLessThan(60_000);
  });
});

/** The memory in use, inside and outside the heap. */
function memory(): number {
  for (let i = 0; i < 3; i++) globalThis.gc!(); // a buffer is freed after the object that held it
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
