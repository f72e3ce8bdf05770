import { describe, expect, it } from "vitest";
import { SseError } from "@ssekit/core";

describe("SseError", () => {
  it("has its code and no empty properties, which a log would print", () => {
    const error = new SseError("ERR_SSE_CHANNEL_CLOSED", "The channel is closed");

    expect(Object.keys(error).toSorted()).toEqual(["code", "name"]);
    expect(error.cause).toBeUndefined();
  });

  it("carries its cause and the properties of its code", () => {
    const cause = new Error("refused");
    const issues = [{ message: "expected a number", path: ["price"] }];

    expect(new SseError("ERR_SSE_INVALID_DATA", "data of tick", { cause, issues })).toMatchObject({
      cause,
      issues,
    });
  });
});
