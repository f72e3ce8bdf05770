import { afterAll, beforeAll, describe } from "vitest";
import { isMissing } from "../cluster/start-test-broker.js";
import type { BrokerKind } from "../../../bench/start-broker.mjs";
import { frozenProducerContract } from "./frozen-producer.js";
import { killedNodesContract } from "./killed-nodes.js";
import { raceContract } from "./race.js";
import { restartedBrokerContract } from "./restarted-broker.js";
import { startLastingBroker, type LastingBroker } from "./start-lasting-broker.js";
import { stopContract } from "./stop.js";

/** P15 for a broker, with nodes that are processes. Call this in a test file. */
export function answerNodesContract(kind: BrokerKind): void {
  describe.skipIf(isMissing(kind))(`P15: answers of three processes on ${kind}`, () => {
    let broker: LastingBroker;
    beforeAll(async () => void (broker = await startLastingBroker(kind)));
    afterAll(() => broker.remove());

    killedNodesContract(() => broker);
    raceContract(() => broker);
    frozenProducerContract(() => broker);
    restartedBrokerContract(() => broker);
    stopContract(() => broker);
  });
}
