import { encode } from "@ssekit/core";
import { createParser } from "eventsource-parser";
import { describe, expect, it } from "vitest";
import { wellFormed } from "../src/support/as-received.js";
import { refusedInjections, sentInjections } from "../src/support/injection-vectors.js";

describe("P1: what encode writes for one message is one event, without another field", () => {
  it.each(refusedInjections)("refused: $name", ({ message, refusedWith }) => {
    expect(() => encode(message)).toThrow(expect.objectContaining({ code: refusedWith }));
  });

  it.each(sentInjections)("sent: $name", ({ message, expected }) => {
    const received: typeof expected = { events: [], retries: [], comments: [] };
    createParser({
      onEvent: ({ event = "message", data, id = "" }) =>
        received.events.push({ type: event, data, lastEventId: id }),
      onRetry: (retry) => received.retries.push(retry),
      onComment: (comment) => received.comments.push(comment),
    }).feed(wellFormed(encode(message)));
    expect(received).toEqual(expected);
  });
});
