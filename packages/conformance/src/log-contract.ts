import { describe } from "vitest";
import { appendContract } from "./log-contract/append.js";
import { closeContract } from "./log-contract/close.js";
import { historyContract } from "./log-contract/history.js";
import { idsContract } from "./log-contract/ids.js";
import type { LogSubject } from "./log-contract/log-subject.js";
import { nodesContract } from "./log-contract/nodes.js";
import { readContract } from "./log-contract/read.js";
import { tailContract } from "./log-contract/tail.js";
import { nothingUnhandled } from "./support/nothing-unhandled.js";

export type { LogSubject } from "./log-contract/log-subject.js";

/** What every event log keeps, as tests: call it in a test file with the log. */
export function logContract(name: string, subject: LogSubject): void {
  describe(name, () => {
    nothingUnhandled();
    idsContract(subject);
    appendContract(subject);
    readContract(subject);
    tailContract(subject);
    historyContract(subject);
    closeContract(subject);
    if (subject.another !== undefined) nodesContract(subject);
  });
}
