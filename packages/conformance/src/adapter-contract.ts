import { describe } from "vitest";
import type { Adapter } from "./adapter.js";
import { skipTests } from "./adapter-skip.js";
import { backPressureContract } from "./adapter-contract/back-pressure.js";
import { brokenOffContract } from "./adapter-contract/broken-off.js";
import { chromiumContract } from "./adapter-contract/chromium.js";
import { cutContract } from "./adapter-contract/cut.js";
import { closingContract } from "./adapter-contract/closing.js";
import { departureContract } from "./adapter-contract/departure.js";
import { drainContract } from "./adapter-contract/drain.js";
import { endContract } from "./adapter-contract/end.js";
import { eventSourceContract } from "./adapter-contract/event-source.js";
import { headContract } from "./adapter-contract/head.js";
import { injectionContract } from "./adapter-contract/injection.js";
import { isolationContract } from "./adapter-contract/isolation.js";
import { largeFrameContract } from "./adapter-contract/large-frame.js";
import { lastEventIdContract } from "./adapter-contract/last-event-id.js";
import { limitsContract } from "./adapter-contract/limits.js";
import { mistakesContract } from "./adapter-contract/mistakes.js";
import { notOpenedContract } from "./adapter-contract/not-opened.js";
import { pipelinedContract } from "./adapter-contract/pipelined.js";
import { responseContract } from "./adapter-contract/response.js";
import { roundTripContract } from "./adapter-contract/round-trip.js";
import { sourceErrorsContract } from "./adapter-contract/source-errors.js";
import { sourcesContract } from "./adapter-contract/sources.js";
import { nothingUnhandled } from "./support/nothing-unhandled.js";

/** The tests that every adapter must pass. Call this in a test file of the adapter. */
export function adapterContract(adapter: Adapter): void {
  describe(`the contract of adapters: ${adapter.name}`, () => {
    skipTests(adapter.skip ?? []);
    nothingUnhandled();
    responseContract(adapter);
    headContract(adapter);
    sourcesContract(adapter);
    sourceErrorsContract(adapter);
    brokenOffContract(adapter);
    endContract(adapter);
    closingContract(adapter);
    injectionContract(adapter);
    roundTripContract(adapter);
    eventSourceContract(adapter);
    chromiumContract(adapter);
    departureContract(adapter);
    notOpenedContract(adapter);
    pipelinedContract(adapter);
    lastEventIdContract(adapter);
    isolationContract(adapter);
    mistakesContract(adapter);
    backPressureContract(adapter);
    cutContract(adapter);
    largeFrameContract(adapter);
    limitsContract(adapter);
    drainContract(adapter);
  });
}
