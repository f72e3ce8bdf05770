import { describe, it } from "vitest";
import { Client, SCENARIOS, VIAS, type Runtime, type Scenario, type Via } from "./scenarios.js";

declare module "vitest" {
  interface TaskMeta {
    /** Why the test is skipped. It is in the JSON report. */
    skipReason?: string;
  }
}

/** Registers all scenarios, through Hono and through `respond`, in groups that are the rows of the matrix. */
export function runScenarios(runtime: () => Runtime): void {
  for (const [behaviour, scenarios] of Object.entries(SCENARIOS)) {
    // oxlint-disable-next-line vitest/valid-title -- it is a string
    describe(behaviour, () => {
      for (const scenario of scenarios) {
        for (const via of scenario.vias ?? VIAS) register(scenario, via, runtime);
      }
    });
  }
}

function register({ name, run, skip }: Scenario, via: Via, runtime: () => Runtime): void {
  // oxlint-disable-next-line vitest/expect-expect -- the scenario has them
  it(`${name} (${via})`, async (test) => {
    const reason = skip?.(runtime());
    if (reason !== undefined) {
      test.task.meta.skipReason = reason;
      test.skip(reason);
    }
    await run(new Client(runtime(), via));
  });
}
