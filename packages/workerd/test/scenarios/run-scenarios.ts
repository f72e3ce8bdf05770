import { describe, it } from "vitest";
import { Client, SCENARIOS, type Runtime } from "./scenarios.js";

/** Registers all scenarios, through Hono and through `respond`. */
export function runScenarios(runtime: () => Runtime): void {
  describe.each(["hono", "respond"] as const)("through %s", (via) => {
    // oxlint-disable vitest/expect-expect, vitest/valid-title -- the scenarios have both
    for (const { name, run, skip } of SCENARIOS.filter((scenario) => (scenario.via ?? via) === via)) {
      it(name, async (test) => {
        const reason = skip?.(runtime());
        if (reason !== undefined) test.skip(reason);
        await run(new Client(runtime(), via));
      });
    }
  });
}
