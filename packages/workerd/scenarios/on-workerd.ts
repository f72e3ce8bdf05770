import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe } from "vitest";
import { isInstalled, type Version } from "./installed.js";
import { runScenarios } from "./run-scenarios.js";
import { bundle, startWorkerd, type Started } from "./start.js";

/** Registers the scenarios on one version of workerd, with and without the flag that lets a request's signal abort. */
export function onWorkerd(version: Version): void {
  for (const flags of [[], ["enable_request_signal"]]) {
    describe.skipIf(!isInstalled)(
      `the contract of adapters: workerd ${[version, ...flags].join(", ")}`,
      () => {
        let started: Started | undefined;
        beforeAll(async () => {
          const script = await bundle(fileURLToPath(new URL("app.ts", import.meta.url)));
          started = await startWorkerd(version, script, { flags });
        });
        afterAll(() => started?.stop());

        runScenarios(() => ({
          url: started!.url,
          separatesRequests: true,
          heartbeatsUntilLeft: flags.length > 0 ? 1 : 2,
          breaksOff: version >= "2026-11-17",
        }));
      },
    );
  }
}
