import { afterEach, beforeEach, expect } from "vitest";
import { pause } from "./within.js";

/** Makes a test of the suite fail if it causes an uncaught exception or an unhandled rejection. */
export function nothingUnhandled(): void {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);

  beforeEach(() => {
    process.on("unhandledRejection", note).on("uncaughtException", note);
  });

  afterEach(async () => {
    await pause(0); // Node reports a rejection after the microtasks
    process.off("unhandledRejection", note).off("uncaughtException", note);
    expect(unhandled.splice(0), "unhandled errors").toEqual([]);
  });
}
