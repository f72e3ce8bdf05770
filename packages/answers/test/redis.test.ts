import { createAnswers } from "@ssekit/answers";
import { EventStreamServer } from "@ssekit/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startRedis, type RedisServer } from "../../conformance/src/support/start-redis.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { pause, within } from "../../conformance/src/support/within.js";
import { CLIENTS } from "../../redis/test/support/clients.js";
import { commandCounts } from "../../redis/test/support/redis-info.js";
import { startNode } from "../../redis/test/support/redis-subject.js";

describe.skipIf(!systemProgram("redis-server"))("answers on Redis", () => {
  const connect = CLIENTS["redis 6"]!;
  let server: RedisServer;
  beforeAll(async () => void (server = await startRedis()));
  afterAll(() => server.remove());

  it("send no command after close(), whatever Redis was asked for before", async () => {
    const producer = await startNode(connect, server);
    const writing = createAnswers({ logs: producer.store, lease: 300 });
    await writing.start("a", async function* () {
      yield "one";
      await new Promise(() => {});
    });
    const reader = await startNode(connect, server, { checkInterval: 60_000 });
    const reading = createAnswers({ logs: reader.store, lease: 300, onError: () => {} });
    const events = new EventStreamServer({ onError: () => {} });
    onTestFinished(() => events.close({ grace: 0 }));
    void events.respond(new Request("http://test/"), (stream) => reading.subscribe("a", stream));
    const state = reading.state("a");
    await reading.close();
    expect(await state).toBe("running");
    await writing.close();
    await producer.store.close();
    await pause(200);
    const scripts = async (): Promise<number> => (await commandCounts(server)).get("evalsha") ?? 0;
    const before = await scripts();
    await pause(1_000);
    expect(await scripts()).toBe(before);
  });

  it("refuse a start when `lease` is over, also on a store that waits for Redis", async () => {
    const node = await startNode(connect, server, { whenDown: "wait", timeout: 500 });
    const answers = createAnswers({ logs: node.store, lease: 300, onError: () => {} });
    onTestFinished(() => answers.close());
    node.commands.cut();
    let starts = 0;
    const starting = answers.start("waits", () => [`${++starts}`]);
    await expect(within("start()", starting)).rejects.toMatchObject({ code: "ERR_SSE_LOG_UNAVAILABLE" });
    await node.commands.forward();
    await expect.poll(() => answers.state("waits").catch(String), { timeout: 5_000 }).toBe("failed");
    expect(starts).toBe(0);
  });
});
