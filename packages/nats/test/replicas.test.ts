import { connect } from "@nats-io/transport-node";
import { natsLogs } from "@ssekit/nats";
import { describe, expect, it, onTestFinished } from "vitest";
import { startNats, type NatsServer } from "../../conformance/src/support/start-nats.js";
import { findFreePort } from "../../conformance/src/support/ports.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { until } from "../../conformance/src/support/within.js";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe.skipIf(!systemProgram("nats-server"))("a stream on three servers", { timeout: 60_000 }, () => {
  it("loses no event and tells no reset when its leader is killed", async () => {
    const servers = await startCluster();
    const connection = await connect({
      servers: servers.map(({ port }) => `127.0.0.1:${port}`),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    onTestFinished(() => connection.close());
    const errors: unknown[] = [];
    const logs = natsLogs({
      connection,
      replicas: 3,
      timeout: 20_000,
      onError: (error) => void errors.push(error),
    });
    onTestFinished(() => logs.close());
    const log = logs.open("key");
    const news: unknown[] = [];
    const told: number[] = [];
    await log.tail((item) => {
      if ("reset" in item) news.push(item);
      if ("entries" in item) told.push(...item.entries.map(({ data }) => Number(data)));
    });
    const append = (n: number) => log.append([{ data: String(n), idempotencyKey: String(n) }]);
    for (const n of numbers(100)) await append(n);
    const info = await connection.request("$JS.API.STREAM.INFO.ssekit");
    const { leader } = info.json<{ cluster: { leader: string } }>().cluster;
    await servers[Number(leader.replace("server-", ""))]!.kill();
    for (const n of numbers(100)) await append(100 + n);
    await until("the listener to be told", () => told.includes(199));
    expect(told).toEqual(numbers(200));
    expect(news).toEqual([]);
    // The server of Debian is older than the first one that should keep a replicated stream.
    const isOld = connection.info!.version.startsWith("2.9.");
    expect(errors.filter((error) => String(error).includes("num_replicas"))).toHaveLength(isOld ? 1 : 0);
  });
});

async function startCluster(): Promise<NatsServer[]> {
  const routes: number[] = [];
  while (routes.length < 3) routes.push(await findFreePort());
  const servers = await Promise.all(
    routes.map((route, n) => {
      const urls = routes.map((port) => `nats://127.0.0.1:${port}`);
      const cluster = JSON.stringify({ name: "cluster", listen: `127.0.0.1:${route}`, routes: urls });
      return startNats({ config: `server_name: server-${n}\ncluster: ${cluster}` });
    }),
  );
  for (const server of servers) onTestFinished(() => server.stop());
  return servers;
}
