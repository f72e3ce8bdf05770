import { afterAll, beforeAll, describe } from "vitest";
import { logContract, logStoreContract } from "../../conformance/src/log-contract.js";
import { startNats, type NatsServer } from "../../conformance/src/support/start-nats.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { natsStoreSubject, natsSubject } from "./support/nats-subject.js";

describe.skipIf(!systemProgram("nats-server"))("on nats-server", () => {
  let server: NatsServer;
  beforeAll(async () => void (server = await startNats()));
  afterAll(() => server.stop());

  logContract(
    "a log of natsLogs()",
    natsSubject(() => server),
  );
  logStoreContract(
    "natsLogs()",
    natsStoreSubject(() => server),
  );
});
