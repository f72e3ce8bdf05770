import { createServer } from "node:http";
import { adapterContract, listen } from "@ssekit/conformance";
import { EventStreamServer } from "@ssekit/node";
import { nodeListener } from "./support/node-listener.js";

for (const directWrites of [true, false])
  adapterContract({
    name: directWrites ? "node:http" : "node:http without direct writes",
    http: 1,
    async start(routes, options) {
      const events = new EventStreamServer({ directWrites, ...options });
      const errors: unknown[] = [];
      return Object.assign(await listen(createServer(nodeListener(routes, events, errors))), {
        events,
        errors,
      });
    },
  });
