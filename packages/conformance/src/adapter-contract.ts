import { afterEach, beforeEach, describe, expect } from "vitest";
import type { Adapter } from "./adapter.js";
import { backPressureContract } from "./contract/back-pressure.js";
import { chromiumContract } from "./contract/chromium.js";
import { departureContract } from "./contract/departure.js";
import { drainContract } from "./contract/drain.js";
import { endContract } from "./contract/end.js";
import { eventSourceContract } from "./contract/event-source.js";
import { headContract } from "./contract/head.js";
import { injectionContract } from "./contract/injection.js";
import { isolationContract } from "./contract/isolation.js";
import { lastEventIdContract } from "./contract/last-event-id.js";
import { limitsContract } from "./contract/limits.js";
import { mistakesContract } from "./contract/mistakes.js";
import { responseContract } from "./contract/response.js";
import { roundTripContract } from "./contract/round-trip.js";
import { sourceErrorsContract } from "./contract/source-errors.js";
import { sourcesContract } from "./contract/sources.js";

/** What every adapter keeps, as tests: call it in a test file with the adapter. */
export function adapterContract(adapter: Adapter): void {
  describe(adapter.name, () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);

    beforeEach(() => {
      process.on("unhandledRejection", note).on("uncaughtException", note);
    });

    afterEach(() => {
      process.off("unhandledRejection", note).off("uncaughtException", note);
      expect(unhandled.splice(0), "unhandled errors").toEqual([]);
    });

    responseContract(adapter);
    headContract(adapter);
    sourcesContract(adapter);
    sourceErrorsContract(adapter);
    endContract(adapter);
    injectionContract(adapter);
    roundTripContract(adapter);
    eventSourceContract(adapter);
    chromiumContract(adapter);
    departureContract(adapter);
    lastEventIdContract(adapter);
    isolationContract(adapter);
    mistakesContract(adapter);
    backPressureContract(adapter);
    limitsContract(adapter);
    drainContract(adapter);
  });
}
