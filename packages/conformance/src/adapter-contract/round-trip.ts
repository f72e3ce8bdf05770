import type { EventMessage } from "@ssekit/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { readWith } from "../clients/read-with.js";
import { dispatchedOf, hostileMessages } from "../support/hostile-messages.js";
import { startApp } from "../support/start-app.js";

/** P2: clients read exactly what was sent. */
export function roundTripContract(adapter: Adapter): void {
  // Only these two clients use the adapter's `fetch`. The others support HTTP/1 only.
  const clients = adapter.http === 1 ? Object.keys(readWith) : ["eventsource-parser", "eventsource 4"];

  describe("P2: what was sent is read back identically", () => {
    it.each(clients)("by %s", async (client) => {
      let messages: EventMessage[] = [];
      const app = await startApp(adapter, { path: "/", source: () => messages });
      await fc.assert(
        fc.asyncProperty(hostileMessages, async (generated) => {
          messages = generated;
          const expected = dispatchedOf(generated, client === "eventsource 4");
          const types = new Set(expected.map((event) => event.type));
          expect(await readWith[client]!(app.url, types, adapter.fetch ?? fetch)).toEqual(expected);
        }),
        { numRuns: adapter.runs ?? 100 },
      );
    });
  });
}
