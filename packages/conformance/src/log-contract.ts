import { describe } from "vitest";
import { appendContract } from "./log-contract/append.js";
import { batchContract } from "./log-contract/batch.js";
import { closeContract } from "./log-contract/close.js";
import { completeHistoryContract } from "./log-contract/complete-history.js";
import { conditionContract } from "./log-contract/condition.js";
import { historyContract } from "./log-contract/history.js";
import { idsContract } from "./log-contract/ids.js";
import type { LogSubject } from "./log-contract/log-subject.js";
import { lossesContract } from "./log-contract/losses.js";
import { nodesContract } from "./log-contract/nodes.js";
import { peekContract } from "./log-contract/peek.js";
import { readContract } from "./log-contract/read.js";
import { storeContract, type LogStoreSubject } from "./log-contract/store.js";
import { tailContract } from "./log-contract/tail.js";
import { nothingUnhandled } from "./support/nothing-unhandled.js";

export type { LogSubject } from "./log-contract/log-subject.js";
export type { LogStoreSubject } from "./log-contract/store.js";

/** The tests that every event log must pass. Call this in a test file of the log. */
export function logContract(name: string, subject: LogSubject): void {
  describe(`${name}, a log`, () => {
    nothingUnhandled();
    idsContract(subject);
    appendContract(subject);
    batchContract(subject);
    conditionContract(subject);
    readContract(subject);
    tailContract(subject);
    peekContract(subject);
    historyContract(subject);
    completeHistoryContract(subject);
    lossesContract(subject);
    closeContract(subject);
    if (subject.another !== undefined) nodesContract(subject);
  });
}

/** The tests that every store of logs must pass, in addition to those of its logs. Call this in a test file. */
export function logStoreContract(name: string, subject: LogStoreSubject): void {
  describe(`${name}, a store`, () => {
    nothingUnhandled();
    storeContract(subject);
  });
}
