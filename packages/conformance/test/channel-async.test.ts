import { MemoryLog } from "@ssekit/core";
import { channelContract } from "../src/channel-contract.js";
import { LatentLog } from "../src/latent-log.js";

channelContract("a MemoryLog", (history) => new MemoryLog(history));

let seed = 1;
channelContract(
  "an asynchronous log",
  (history) => new LatentLog({ seed: seed++, ...(history && { history }) }),
);
