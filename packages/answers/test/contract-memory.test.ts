import { answersContract } from "@ssekit/conformance";
import { memoryLogs } from "@ssekit/core";

answersContract("memoryLogs()", {
  create: () => {
    const store = memoryLogs();
    // The nodes share one store, and none of them closes it.
    const shared = { open: store.open.bind(store), close: async () => {}, status: "ready" as const };
    return { connect: () => shared, close: () => store.close() };
  },
});
