import { onTestFinished } from "vitest";
import { startBroker, type Broker, type BrokerKind } from "../../../bench/start-broker.mjs";
import { systemProgram } from "../support/system-program.js";

/** Whether this broker's program is missing. */
export function isMissing(kind: BrokerKind): boolean {
  return systemProgram(`${kind}-server`) === undefined;
}

/** Starts a broker on a free port. It is stopped when the test finishes. */
export async function startTestBroker(kind: BrokerKind): Promise<Broker> {
  const broker = await startBroker(kind);
  onTestFinished(() => broker.stop());
  return broker;
}
