import { MemoryLog } from "@ssekit/core";
import { LatentLog } from "../src/latent-log.js";
import { logContract } from "../src/log-contract.js";

logContract("MemoryLog", { create: (history) => new MemoryLog(history), synchronous: true });

let seed = 1;
logContract("LatentLog", {
  create: (history) => new LatentLog({ seed: seed++, ...(history && { history }) }),
  another: (log) => new LatentLog({ seed: seed++, record: (log as LatentLog).record }),
});
