import { afterEach, beforeEach, expect } from "vitest";
import { pause } from "./within.js";

/** Fails each test of the suite in which an error is handled by nobody. */
export function nothingUnhandled(): void {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);

  beforeEach(() => {
    process.on("unhandledRejection", note).on("uncaughtException", note);
  });

  afterEach(async () => {
    await pause(0); // Node tells of a rejection when the microtasks are done
    process.off("unhandledRejection", note).off("uncaughtException", note);
    expect(unhandled.splice(0), "unhandled errors").toEqual([]);
  });
}
