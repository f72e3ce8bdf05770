import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { seeded, within } from "@ssekit/conformance";
import { checkResponses } from "./support/check-responses.js";
import { FuzzApp } from "./support/fuzz-app.js";
import { Planner, type PlannedConnection } from "./support/fuzz-plan.js";
import { serve } from "./support/serve.js";
import { WireClient } from "./support/wire-client.js";

// The seed is printed with a failure; SSEKIT_FUZZ_CONNECTIONS=20000 takes a minute or two.
const seed = Number(process.env["SSEKIT_SEED"] ?? 20_240);
const connections = Number(process.env["SSEKIT_FUZZ_CONNECTIONS"] ?? 1_200);
const AT_ONCE = 16;
const CHUNK = /^[0-9a-f]+\r\n[^]*\r\n$/;

it(
  "every client sees its own responses to the byte, whatever apps and clients do",
  { timeout: 600_000 },
  async () => {
    const app = new FuzzApp();
    const http = await serve(app.listener);
    const https = await serve(app.listener, { tls: true });
    const planner = new Planner(seeded(seed));
    let started = 0;
    let chunks = 0;

    async function work(): Promise<void> {
      while (started < connections) {
        const number = ++started;
        const plan = planner.connection();
        try {
          await within(
            "the connection",
            run(plan, new WireClient((plan.tls ? https : http).url), app),
            30_000,
          );
        } catch (error) {
          throw new Error(`SSEKIT_SEED=${seed}, connection ${number}: ${(error as Error).message}`, {
            cause: error,
          });
        }
        for (const { writes } of [http, https])
          chunks += writes.splice(0).filter((write) => CHUNK.test(write)).length;
      }
    }

    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(app.errors).toEqual([]);
    expect(chunks).toBeGreaterThan(connections); // went to the socket
  },
);

async function run(plan: PlannedConnection, client: WireClient, app: FuzzApp): Promise<void> {
  const { socket } = client;
  const { leavesAfter } = plan;
  let hasLeft = false;
  const pauses = [...plan.pauses];
  socket.on("data", () => {
    const ms = pauses.pop();
    if (leavesAfter !== undefined && client.text.length > leavesAfter) {
      hasLeft = true;
      socket.destroy();
    } else if (ms !== undefined) {
      socket.pause();
      setTimeout(() => socket.resume(), ms);
    }
  });
  let expected = 0;
  for (const burst of plan.bursts) {
    for (const request of burst) app.plans.set(`/${request.id}`, request);
    client.send(...burst.map(({ method, id }) => [method, `/${id}`] as [string, string]));
    expected += burst.length;
    while (!client.isOver && client.responses.filter(({ isWhole }) => isWhole).length < expected)
      await wait(2);
  }
  const requests = plan.bursts.flat();
  socket.destroy();
  checkResponses(client.responses, requests, app.written, hasLeft);
}
