import { memoryLogs, MemoryLog, type EventLog, type History } from "@ssekit/core";
import { LatentLog, type LatentLogOptions } from "../src/latent-log.js";
import { logContract, logStoreContract, type LogSubject } from "../src/log-contract.js";

logContract("MemoryLog", { create: (history) => new MemoryLog(history), synchronous: true });

const openedTwice = new WeakMap<EventLog, EventLog>();
logContract("a log of memoryLogs()", {
  create: (history) => {
    const store = memoryLogs(history);
    const log = store.open("key");
    openedTwice.set(log, store.open("key"));
    return log;
  },
  another: (log) => openedTwice.get(log)!,
  synchronous: true,
});
logStoreContract("memoryLogs()", { create: (history) => memoryLogs(history) });

logContract("LatentLog", latent({ latency: [2, 20] }));
logContract("LatentLog whose listeners are told late", latent({ latency: [0, 4], hearing: [15, 30] }));
logContract("LatentLog whose listeners are told early", latent({ latency: [6, 18], hearing: [0, 1] }));

function latent(options: LatentLogOptions): LogSubject {
  let seed = 1;
  return {
    create: (history?: History) => new LatentLog({ ...options, seed: seed++, ...(history && { history }) }),
    another: (log) => new LatentLog({ ...options, seed: seed++, record: (log as LatentLog).record }),
    lose: (log) => (log as LatentLog).cutTails(),
    replace: (log) => (log as LatentLog).record.replace(),
    goDown: (log) => {
      (log as LatentLog).goDown();
      return () => (log as LatentLog).goUp();
    },
  };
}
