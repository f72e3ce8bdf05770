import { connect } from "@nats-io/transport-node";
import { natsLogs, type NatsLogsOptions } from "@ssekit/nats";
import type { NatsConnection } from "@nats-io/nats-core";
import type { LogStore } from "@ssekit/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { nothingUnhandled } from "../../conformance/src/support/nothing-unhandled.js";
import { startNats, type NatsServer } from "../../conformance/src/support/start-nats.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { until } from "../../conformance/src/support/within.js";
import { startNode, type NatsNode } from "./support/nats-node.js";

describe.skipIf(!systemProgram("nats-server"))("natsLogs(), whatever the app has set up", () => {
  nothingUnhandled();
  let server: NatsServer;
  beforeAll(async () => void (server = await startNats()));
  afterAll(() => server.stop());

  const open = async (
    port: number,
    options: Omit<NatsLogsOptions, "connection"> = {},
    connectOptions: object = {},
  ): Promise<{ store: LogStore; connection: NatsConnection; errors: unknown[] }> => {
    const connection = await connect({ servers: `127.0.0.1:${port}`, ...connectOptions });
    onTestFinished(() => connection.close());
    const errors: unknown[] = [];
    const store = natsLogs({
      connection,
      timeout: 2_000,
      onError: (error) => void errors.push(error),
      ...options,
    });
    onTestFinished(() => store.close());
    return { store, connection, errors };
  };
  const createStream = async (connection: NatsConnection, name: string, more: object): Promise<void> => {
    const config = {
      name,
      subjects: [`${name}.logs.>`],
      republish: { src: `${name}.logs.>`, dest: `${name}.live.>` },
      storage: "memory",
      discard: "new",
      ...more,
    };
    await connection.request(`$JS.API.STREAM.CREATE.${name}`, JSON.stringify(config));
  };

  it("refuses what is larger than the max_msg_size of the stream, and stores the rest", async () => {
    const { store, connection } = await open(server.port, { stream: "small" });
    await createStream(connection, "small", { max_msg_size: 10_000 });
    const log = store.open("key");
    await expect(log.append([{ data: "x".repeat(20_000) }])).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_DATA",
    });
    const other = (await open(server.port, { stream: "small" })).store.open("key");
    const items = Array.from({ length: 5 }, (_, n) => String(n).repeat(4_000));
    await Promise.all(items.map(async (data) => other.append([{ data }])));
    const read = await log.read("start", { events: 10, bytes: 1 << 20 });
    expect("entries" in read && read.entries.map(({ data }) => data)).toEqual(items);
  });

  it("notices a lost message also after somebody else has written to the subject of live messages", async () => {
    const nodes = [1, 2].map(() => startNode(server.port, { stream: "forged", checkInterval: 100 }));
    const [one, other] = (await Promise.all(nodes)) as [NatsNode, NatsNode];
    onTestFinished(async () => void (await Promise.all([one.close(), other.close()])));
    await createStream(other.connection, "forged", {});
    const told: string[] = [];
    await one.store
      .open("key")
      .tail((news) => told.push(...("entries" in news ? news.entries.map(({ data }) => data) : [])));
    one.connection.publish("forged.live.key", "x");
    await one.connection.flush();
    one.lose();
    await other.store.open("key").append([{ data: "lost" }]);
    await until("the listener to be told", () => told.length > 0);
    expect(told).toEqual(["lost"]);
  });

  it("delivers and says what is wrong if the user may not subscribe to the live messages", async () => {
    const permissions = JSON.stringify({ publish: [">"], subscribe: ["_INBOX.>"] });
    const own = await startNats({
      config: `authorization { users = [{ user: app, password: secret, permissions: ${permissions} }] }`,
    });
    onTestFinished(() => own.stop());
    const user = { user: "app", pass: "secret" };
    const { store, errors } = await open(own.port, { checkInterval: 100 }, user);
    const log = store.open("key");
    const told: string[] = [];
    await log.tail((news) => told.push(...("entries" in news ? news.entries.map(({ data }) => data) : [])));
    await log.append([{ data: "a" }]);
    await until("the entry", () => told.length === 1);
    expect(errors.map(String)).toEqual([expect.stringContaining("Permissions Violation for Subscription")]);
  });
});
