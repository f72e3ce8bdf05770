import { afterAll, beforeAll, describe } from "vitest";
import { isInstalled } from "./installed.js";
import { runScenarios } from "./run-scenarios.js";
import { startNode, type Started } from "./start.js";

// The control: what fails here too is not a matter of workerd.
describe.skipIf(!isInstalled)("the scenarios on Node", () => {
  let started: Started | undefined;
  beforeAll(async () => {
    const { default: app } = await import("./app.js");
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
