import { describe } from "vitest";
import type { CreateLog } from "./channel-contract/channel-app.js";
import { awaitedEndContract } from "./channel-contract/awaited-end.js";
import { badInputContract } from "./channel-contract/bad-input.js";
import { closeContract } from "./channel-contract/close.js";
import { endContract } from "./channel-contract/end.js";
import { failedSourceContract } from "./channel-contract/failed-source.js";
import { heartbeatContract } from "./channel-contract/heartbeat.js";
import { ownMessagesContract } from "./channel-contract/own-messages.js";
import { publishContract } from "./channel-contract/publish.js";
import { resumeContract } from "./channel-contract/resume.js";
import { slowReaderContract } from "./channel-contract/slow-reader.js";
import { snapshotContract } from "./channel-contract/snapshot.js";
import { stagesContract } from "./channel-contract/stages.js";
import { subscriptionContract } from "./channel-contract/subscription.js";
import { topicsContract } from "./channel-contract/topics.js";
import { nothingUnhandled } from "./support/nothing-unhandled.js";

/** The tests that a channel must pass on every log. Call this in a test file with a function that makes a log. */
export function channelContract(name: string, createLog: CreateLog): void {
  describe(`a channel on ${name}`, () => {
    nothingUnhandled();
    publishContract(createLog);
    subscriptionContract(createLog);
    topicsContract(createLog);
    resumeContract(createLog);
    snapshotContract(createLog);
    slowReaderContract(createLog);
    heartbeatContract(createLog);
    ownMessagesContract(createLog);
    endContract(createLog);
    awaitedEndContract(createLog);
    failedSourceContract(createLog);
    stagesContract(createLog);
    closeContract(createLog);
    badInputContract(createLog);
  });
}
