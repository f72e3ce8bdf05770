import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { until } from "../../conformance/src/support/within.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { publishing } from "../cases/publish.mjs";
import { SoakClient } from "../soak-client.mjs";

describe.each(["redis", "nats"] as const)("the case %s", (kind) => {
  it.skipIf(systemProgram(`${kind}-server`) === undefined)("stores events in each way", async () => {
    const measured = publishing({ kind, bare: "bare", one: 0.5, group: 1 });
    const metrics = await measured.measure([], { seconds: 0.1, rounds: 2, load: {} });
    for (const { rows } of metrics) {
      expect(Object.keys(rows)).toHaveLength(4);
      for (const rounds of Object.values(rows)) expect(rounds).toHaveLength(2);
    }
    expect(
      Object.values(metrics[0]!.rows)
        .flat()
        .every((rate) => rate > 0),
    ).toBe(true);
  });
});

describe("a client of the soak", () => {
  /** Starts a server that sends this text to each client, and a client of it. */
  async function read(text: string): Promise<SoakClient> {
    const server = createServer((_req, res) => void res.write(text)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = new SoakClient([(server.address() as AddressInfo).port]);
    onTestFinished(() => {
      client.leave();
      server.closeAllConnections();
      server.close();
    });
    return client;
  }

  it("counts events", async () => {
    const client = await read("id: e-1\ndata: 1\n\nid: e-2\ndata: 2\n\n");
    await until("both events", () => client.received === 2);
    expect(client.faults).toBe(0);
  });

  it.each([
    ["a repeated event", "id: e-1\ndata: 1\n\nid: e-1\ndata: 1\n\n"],
    ["a reset", 'event: reset\nid: e-1\ndata: {"reason":"evicted"}\n\n'],
  ])("counts %s as a fault", async (_what, text) => {
    const client = await read(text);
    await until("the fault", () => client.faults > 0);
    expect(client.faults).toBe(1);
  });
});
