import { describe } from "vitest";
import type { AnswersSubject, SharedStore } from "./answers-contract/answers-cluster.js";
import { claimContract } from "./answers-contract/claim.js";
import { endsContract } from "./answers-contract/ends.js";
import { foldContract } from "./answers-contract/fold.js";
import { leaseContract } from "./answers-contract/lease.js";
import { lossContract, outageContract } from "./answers-contract/outage.js";
import { readingContract } from "./answers-contract/reading.js";
import { stoppingContract } from "./answers-contract/stopping.js";
import { nothingUnhandled } from "./support/nothing-unhandled.js";

export type { AnswersSubject, SharedStore };

/** What a store under test can do, beside storing. */
interface Abilities {
  /** It has `goDown`. */
  goesDown?: boolean;
  /** It has `loseAll`. */
  losesData?: boolean;
}

/** The tests that answers must pass on every store of logs. Call this in a test file with a store. */
export function answersContract(name: string, subject: AnswersSubject, abilities: Abilities = {}): void {
  describe(`an answer on ${name}`, () => {
    nothingUnhandled();
    claimContract(subject);
    readingContract(subject);
    stoppingContract(subject);
    endsContract(subject);
    foldContract(subject);
    leaseContract(subject);
    if (abilities.goesDown) outageContract(subject);
    if (abilities.losesData) lossContract(subject);
  });
}
