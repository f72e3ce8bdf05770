import { afterAll, beforeAll, describe } from "vitest";
import { isInstalled } from "./scenarios/installed.js";
import { runScenarios } from "./scenarios/run-scenarios.js";
import { startNode, type Started } from "./scenarios/start.js";

// The control: what fails here too is not a matter of workerd.
describe.skipIf(!isInstalled)("on Node", () => {
  let started: Started | undefined;
  beforeAll(async () => {
    const { default: app } = await import("./scenarios/app.js");
    started = await startNode(app);
  });
  afterAll(() => started?.stop());

  runScenarios(() => ({
    url: started!.url,
    separatesRequests: false,
    heartbeatsUntilLeft: 0,
    breaksOff: true,
  }));
});
