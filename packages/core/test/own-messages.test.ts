import { describe, expect, it, vi } from "vitest";
import { createFrame, type Frame } from "@ssekit/core/adapter";
import { OwnMessages } from "../src/channel/own-messages.js";
import type { Place } from "../src/channel/window.js";

const place = (number: number): Place => ({ id: `a-${number}`, number });
const upTo =
  (number: number) =>
  (asked: Place): boolean =>
    asked.number <= number;

/** The text that is sent when the stream has reached a place. */
function sentBy(own: OwnMessages, number: number): string {
  let text = "";
  while (own.next(upTo(number), (frame) => void (text += new TextDecoder().decode(frame.bytes))));
  return text;
}

describe("the messages that a program has sent on a lagging stream", () => {
  it("are sent at their places, in their order", () => {
    const own = new OwnMessages();
    const places = [place(1), place(2), place(2), place(5)];
    for (const [n, at] of places.entries()) {
      own.add(at, createFrame(`${n}.`));
      own.add(at, createFrame(`${n}!`));
    }
    expect([sentBy(own, 0), own.isEmpty]).toEqual(["", false]);
    expect([sentBy(own, 1), sentBy(own, 3), own.isEmpty]).toEqual(["0.0!", "1.1!2.2!", false]);
    expect([sentBy(own, 9), own.isEmpty, own.bytes]).toEqual(["3.3!", true, 0]);
  });

  it("are sent also after an empty frame, which counts as a message", () => {
    const own = new OwnMessages();
    const here = place(1);
    for (const text of ["a", "", "b"]) own.add(here, createFrame(text));
    own.add(place(2), createFrame(""));
    own.add(place(3), createFrame("c"));
    expect([sentBy(own, 1), sentBy(own, 3), own.isEmpty]).toEqual(["ab", "c", true]);
  });

  it("are released in batches, so that the caller can check the client's congestion between them", () => {
    const own = new OwnMessages();
    const here = place(1);
    for (let n = 0; n < 64; n++) own.add(here, createFrame("x".repeat(1_024)));
    const batches: number[] = [];
    for (;;) {
      let bytes = 0;
      if (!own.next(upTo(1), (frame) => void (bytes += frame.bytes.byteLength))) break;
      batches.push(bytes);
    }
    expect(batches).toEqual([16_384, 16_384, 16_384, 16_384]);
  });

  it("count the memory that they use, including that of each place", () => {
    const own = new OwnMessages();
    const here = place(1);
    own.add(here, createFrame("x".repeat(30)));
    const one = own.bytes;
    expect(one).toBeGreaterThan(130); // a place and a queue consist of several objects
    own.add(here, createFrame("x".repeat(70)));
    expect(own.bytes).toBe(one + 70);
    own.add(place(2), createFrame("x".repeat(30)));
    expect(own.bytes).toBe(2 * one + 70);
    sentBy(own, 1);
    expect(own.bytes).toBe(one);
    own.add(place(3), createFrame("x".repeat(20_000)));
    own.next(upTo(2), () => {});
    own.next(upTo(3), () => {});
    expect(own.bytes).toBe(one - 30 + 20_000 - 16_384);
    sentBy(own, 3);
    expect(own.bytes).toBe(0);
  });

  it("cost the same for each message at a place of its own, however many there are", () => {
    const own = new OwnMessages();
    const count = 50_000;
    const frame = createFrame("x");
    let sent = 0;
    let most = 0;
    // The backlog never becomes empty, while many messages pass through it.
    for (let n = 1; n <= count; n++) {
      own.add(place(n), frame);
      if (n > 1_000) own.next(upTo(n - 1_000), () => void sent++);
      most = Math.max(most, own.bytes);
    }
    expect(sent).toBe(count - 1_000);
    expect(most).toBeLessThan(1_001 * 1_000);
    for (let n = count - 999; n <= count; n++) own.next(upTo(n), () => void sent++);
    expect([sent, own.isEmpty, own.bytes]).toEqual([count, true, 0]);
  });

  it("are released all at once, at whatever place the stream is", () => {
    const own = new OwnMessages();
    for (let n = 1; n <= 4; n++) own.add(place(n), createFrame(`${n}`));
    expect(sentBy(own, 1)).toBe("1");
    let text = "";
    own.release((frame: Frame) => void (text += new TextDecoder().decode(frame.bytes)));
    expect([text, own.isEmpty, own.bytes, sentBy(own, 9)]).toEqual(["234", true, 0, ""]);
  });

  it("resolve a promise when no message waits any more", async () => {
    const own = new OwnMessages();
    expect(own.released()).toBeUndefined();
    own.add(place(1), createFrame("a"));
    const first = own.released();
    expect(own.released()).toBe(first);
    const told = vi.fn();
    void first!.then(told);
    sentBy(own, 0);
    await Promise.resolve();
    expect(told).not.toHaveBeenCalled();
    sentBy(own, 1);
    await Promise.resolve();
    expect(told).toHaveBeenCalledTimes(1);
    expect(own.released()).toBeUndefined();
    own.add(place(2), createFrame("b"));
    expect(own.released()).not.toBe(first);
    const second = own.released();
    own.clear();
    await expect(second).resolves.toBeUndefined();
  });
});

describe("an end() that waits", () => {
  it("comes once, after all messages, when its place has been reached", () => {
    const own = new OwnMessages();
    const end = vi.fn();
    own.add(place(3), createFrame("a"));
    own.endAt(place(5), end);
    expect([own.isEmpty, own.isEnding]).toEqual([false, true]);
    expect([sentBy(own, 2), sentBy(own, 4)]).toEqual(["", "a"]);
    expect(own.released()).toBeUndefined();
    expect([own.isEmpty, end.mock.calls.length]).toEqual([false, 0]);
    expect(sentBy(own, 5)).toBe("");
    expect([own.isEmpty, own.isEnding, end.mock.calls.length]).toEqual([true, false, 1]);
    own.endNow();
    expect(end).toHaveBeenCalledTimes(1);
  });

  it("is not forgotten when the messages are cleared", () => {
    const own = new OwnMessages();
    const end = vi.fn();
    own.add(place(3), createFrame("a"));
    own.endAt(place(3), end);
    own.clear();
    expect([own.isEmpty, own.isEnding, own.bytes]).toEqual([false, true, 0]);
    expect(sentBy(own, 3)).toBe("");
    expect(end).toHaveBeenCalledTimes(1);
  });
});
