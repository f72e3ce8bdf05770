import { describe, expect, it, vi } from "vitest";
import { createFrame, type Sink } from "@ssekit/core/adapter";
import { FrameWriter } from "../src/stream/frame-writer.js";

const frame = (text: string) => createFrame(text);

/** A sink whose turns, fullness and clock the test controls. */
function handled() {
  const flushes: (() => void)[] = [];
  const writes: string[] = [];
  const state = { isFull: false, now: 0 };
  const sink = {
    bufferedBytes: 0,
    write(frames: readonly { bytes: Uint8Array }[]) {
      writes.push(frames.map(({ bytes }) => new TextDecoder().decode(bytes)).join(""));
      return !state.isFull;
    },
    schedule: (flush: () => void) => void flushes.push(flush),
    end: vi.fn(),
    abort: vi.fn(),
    breakOff: vi.fn(),
  };
  const writer = new FrameWriter(sink satisfies Sink, { now: () => state.now });
  return {
    sink,
    writer,
    writes,
    state,
    /** Ends the turn. Returns the number of flushes that were asked for in it. */
    endTurn: () => {
      const asked = flushes.splice(0);
      for (const flush of asked) flush();
      return asked.length;
    },
  };
}

describe("FrameWriter", () => {
  it("asks for one flush in each turn, however much is pushed", () => {
    const { writer, writes, endTurn } = handled();
    for (const text of ["a", "b", "c"]) writer.push(frame(text));
    expect([endTurn(), writes]).toEqual([1, ["abc"]]);
    writer.push(frame("d"));
    expect([endTurn(), writes]).toEqual([1, ["abc", "d"]]);
  });

  it("keeps frames that are pushed without a flush until there is a flush", () => {
    const { writer, writes, endTurn } = handled();
    writer.push(frame("a"), false);
    expect([endTurn(), writer.isIdle, writer.bufferedBytes]).toEqual([0, false, 1]);
    writer.flush();
    expect([endTurn(), writes, writer.isIdle]).toEqual([1, ["a"], true]);
  });

  it("writes nothing to a full sink, and everything when the sink has drained", () => {
    const { writer, writes, state, endTurn, sink } = handled();
    state.isFull = true;
    writer.push(frame("a"));
    endTurn();
    sink.bufferedBytes = 1;
    writer.push(frame("bc"));
    expect([endTurn(), writes, writer.bufferedBytes]).toEqual([0, ["a"], 3]);
    writer.flushNow();
    expect([writes, writer.isIdle, writer.isCongested(100)]).toEqual([["a"], false, true]);
    state.isFull = false;
    writer.sinkDrained();
    expect([writes, writer.isIdle, writer.isCongested(100)]).toEqual([["a", "bc"], true, false]);
  });

  it("stops writing between two frames when the sink becomes full", () => {
    const { writer, writes, state, endTurn } = handled();
    state.isFull = true;
    for (const letter of ["a", "b", "c"]) writer.push(frame(letter.repeat(50_000)));
    endTurn();
    expect(writes.map((text) => text[0])).toEqual(["a"]);
  });

  it("is congested by the frames that wait in it, too", () => {
    const { writer } = handled();
    writer.push(frame("abc"), false);
    expect([writer.isCongested(4), writer.isCongested(3)]).toEqual([false, true]);
  });

  it("resolves every drained() when no frame waits any more, and at once if none waits", async () => {
    const { writer, writes, state, endTurn } = handled();
    expect(await writer.drained()).toBe(true);
    writer.push(frame("a"), false);
    state.isFull = true;
    const told: boolean[] = [];
    const waiting = [1, 2].map(() => writer.drained().then((drained) => void told.push(drained)));
    expect(endTurn()).toBe(1);
    await Promise.resolve();
    expect([writes, told]).toEqual([["a"], []]);
    state.isFull = false;
    writer.sinkDrained();
    await Promise.all(waiting);
    expect(told).toEqual([true, true]);
    state.isFull = true;
    writer.push(frame("b"));
    endTurn();
    const again = writer.drained();
    writer.discard();
    expect([await again, told]).toEqual([false, [true, true]]);
  });

  it.each([true, false])(
    "ends the sink once, after all frames that were pushed; the connection too: %s",
    async (last) => {
      const { writer, writes, state, endTurn, sink } = handled();
      state.isFull = true;
      writer.push(frame("a"));
      endTurn();
      writer.push(frame("b"));
      const drained = writer.drained();
      writer.end(last);
      endTurn();
      expect(sink.end).not.toHaveBeenCalled();
      state.isFull = false;
      writer.sinkDrained();
      expect([writes, sink.end.mock.calls]).toEqual([["a", "b"], [[last]]]);
      expect([await drained, await writer.drained()]).toEqual([false, false]);
      writer.push(frame("late"));
      writer.sinkDrained();
      endTurn();
      expect([writes, sink.end.mock.calls.length]).toEqual([["a", "b"], 1]);
    },
  );

  it.each([true, false])(
    "aborts the sink, drops the frames that wait and takes no more; the connection too: %s",
    async (last) => {
      const { writer, writes, endTurn, sink } = handled();
      writer.push(frame("a"));
      const drained = writer.drained();
      writer.abort(last);
      expect([sink.abort.mock.calls, writer.bufferedBytes, await drained, await writer.drained()]).toEqual([
        [[last]],
        0,
        false,
        false,
      ]);
      writer.push(frame("late"));
      endTurn();
      writer.sinkDrained();
      expect([writes, sink.end.mock.calls]).toEqual([[], []]);
    },
  );

  it("is stalled when bytes have waited for the timeout and none of them has left", () => {
    const { writer, state, endTurn, sink } = handled();
    const at = (now: number, buffered: number): boolean => {
      state.now = now;
      sink.bufferedBytes = buffered;
      return writer.isStalled(now, 100);
    };
    expect(at(1_000, 0)).toBe(false);
    state.isFull = true;
    writer.push(frame("a"));
    endTurn();
    expect([writer.lastWriteAt, at(1_050, 9), at(1_149, 9), at(1_150, 9)]).toEqual([
      1_000,
      false,
      false,
      true,
    ]);
    expect([at(1_160, 8), at(1_259, 8), at(1_260, 8)]).toEqual([false, false, true]);
    // The time begins anew with the next write, and with a drain.
    state.now = 1_300;
    state.isFull = false;
    writer.sinkDrained();
    expect([at(1_350, 8), at(1_400, 8)]).toEqual([false, true]);
    state.now = 1_500;
    state.isFull = true;
    writer.push(frame("b"));
    endTurn();
    expect([at(1_550, 8), at(1_600, 8)]).toEqual([false, true]);
  });
});
