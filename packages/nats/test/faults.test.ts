import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { nothingUnhandled } from "../../conformance/src/support/nothing-unhandled.js";
import { seeded } from "../../conformance/src/support/seeded.js";
import { startNats, type NatsServer } from "../../conformance/src/support/start-nats.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { pause, until, within } from "../../conformance/src/support/within.js";
import { expectNoSilentHole, FollowedLog } from "./support/followed-log.js";

const TIMEOUT = 2_000;

describe.skipIf(!systemProgram("nats-server"))("P6: when the NATS server fails", { timeout: 60_000 }, () => {
  nothingUnhandled();
  let server: NatsServer;
  let nodes: FollowedLog[];

  beforeEach(async () => {
    server = await startNats();
    onTestFinished(() => server.stop());
    nodes = [];
    for (let i = 0; i < 3; i++) nodes.push(await FollowedLog.start(server, { timeout: TIMEOUT }));
  });

  /** Stores the numbers of a range, each from another node than the one before. */
  const publish = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) await nodes[n % 3]!.publish(n);
  };
  const untilTold = async (n: number): Promise<void> => {
    for (const node of nodes) await node.untilTold(n);
  };
  /** Expects a reset on each node, within two seconds from now. */
  const expectResets = async (reason: string): Promise<void> => {
    const start = performance.now();
    await until("a reset on each node", () => nodes.every(({ resets }) => resets.length > 0));
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(nodes.map(({ resets }) => resets)).toEqual(nodes.map(() => [reason]));
  };
  /** Expects that nothing is left of the failure. */
  const expectRecovered = async (next: number): Promise<void> => {
    await publish(next, next + 30);
    await untilTold(next + 29);
    for (const followed of nodes) {
      await expectNoSilentHole(followed);
      await until("the log to be ready", () => followed.log.status === "ready", 3_000);
      expect(followed.node.link.connections).toBe(1);
    }
    const consumers = async (): Promise<number> => {
      const info = await nodes[0]!.node.connection.request("$JS.API.STREAM.INFO.ssekit");
      return info.json<{ state: { consumer_count: number } }>().state.consumer_count;
    };
    // Consumers whose node lost the connection are deleted by the server after ten seconds of inactivity.
    const deadline = performance.now() + 13_000;
    while ((await consumers()) > 0 && performance.now() < deadline) await pause(100);
    expect(await consumers()).toBe(0);
  };
  const expectAll = (count: number): void => {
    for (const { data, resets } of nodes) {
      expect(resets).toEqual([]);
      expect(data).toEqual(Array.from({ length: count }, (_, n) => n));
    }
  };

  it("stopped for five seconds: every event once, in order, no reset", async () => {
    await publish(0, 50);
    const publishing = publish(50, 80);
    await server.kill("SIGTERM");
    await pause(5_000);
    await server.start();
    await within("publishing", publishing, 20_000);
    await expectRecovered(80);
    expectAll(110);
    for (const { statuses } of nodes) expect(statuses).toEqual(["down", "ready"]);
  });

  it("killed and started with its data: every event once, in order, no reset", async () => {
    await publish(0, 100);
    await untilTold(99);
    await pause(500); // the server writes its file some milliseconds after it has acknowledged a message
    await server.kill();
    await server.start();
    await expectRecovered(100);
    expectAll(130);
  });

  it("killed while events are published: no silent hole, and a reset only if acknowledged events were lost", async () => {
    let n = 0;
    let isOver = false;
    const publishing = (async () => {
      for (; !isOver; n++) await nodes[n % 3]!.publish(n);
    })();
    for (let i = 0; i < 3; i++) {
      await pause(400);
      await server.kill();
      await pause(100);
      await server.start();
    }
    await pause(1_000);
    isOver = true;
    await within("publishing", publishing, 20_000);
    await publish(n, n + 1);
    await untilTold(n);
    const stored = (await nodes[0]!.stored()).map(({ data }) => Number(data));
    const isComplete = stored.every((each, index) => each === index) && stored.length === n + 1;
    for (const followed of nodes) {
      const ids = (await followed.stored()).map(({ id }) => id);
      const current = followed.current.map(({ id }) => id);
      expect(current).toEqual(ids.slice(ids.indexOf(current[0]!)));
      const unnecessary = isComplete ? followed.resets : [];
      expect(unnecessary).toEqual([]);
    }
  });

  it("started without its data: one reset within two seconds, and then the new events", async () => {
    await publish(0, 50);
    await untilTold(49);
    await server.kill();
    rmSync(server.dir, { recursive: true });
    await server.start();
    await expectResets("new-log");
    await expectRecovered(50);
    for (const followed of nodes) expect(followed.current.map(({ data }) => Number(data))[0]).toBe(50);
  });

  for (const overtakes of [false, true]) {
    const then = overtakes ? ", which other nodes have overtaken meanwhile" : "";
    it(`started from an older copy of its data${then}: one reset within two seconds`, async () => {
      await publish(0, 50);
      await untilTold(49);
      await server.kill("SIGTERM");
      const copy = join(mkdtempSync(join(tmpdir(), "ssekit-copy-")), "data");
      onTestFinished(() => rmSync(join(copy, ".."), { recursive: true }));
      cpSync(server.dir, copy, { recursive: true });
      await server.start();
      await publish(50, 60);
      await untilTold(59);
      await server.kill();
      rmSync(server.dir, { recursive: true });
      cpSync(copy, server.dir, { recursive: true });
      if (overtakes) {
        for (const { node } of nodes) node.link.cut();
        await server.start();
        const stranger = await FollowedLog.start(server, { timeout: TIMEOUT });
        for (let n = 50; n < 75; n++) await stranger.publish(n);
        for (const { node } of nodes) node.link.restore();
      } else await server.start();
      await expectResets("unknown-id");
      await untilTold(overtakes ? 74 : 49);
      await expectRecovered(overtakes ? 75 : 50);
    });
  }

  it("frozen for three seconds: every event once, in order, no reset", async () => {
    await publish(0, 50);
    const publishing = publish(50, 80);
    server.signal("SIGSTOP");
    await pause(3_000);
    server.signal("SIGCONT");
    await within("publishing", publishing, 20_000);
    await expectRecovered(80);
    expectAll(110);
  });

  it("loses the connections of its nodes again and again: every event once, in the same order on all nodes", async () => {
    const random = seeded(20_260);
    let isOver = false;
    const breaking = (async () => {
      while (!isOver) {
        const { link } = nodes[Math.floor(random() * 3)]!.node;
        if (random() < 0.5) link.cut();
        else link.hold();
        await pause(random() * 150);
        link.restore();
        await pause(random() * 150);
      }
    })();
    const COUNT = 1_500;
    let next = 0;
    const publishSome = async (node: FollowedLog): Promise<void> => {
      for (; next < COUNT; await pause(random() * 200)) await node.publish(next++);
    };
    const publishers = nodes.flatMap((node) => Array.from({ length: 10 }, () => publishSome(node)));
    await within("publishing", Promise.all(publishers), 40_000);
    isOver = true;
    await breaking;
    await nodes[0]!.publish(COUNT);
    await untilTold(COUNT);
    const stored = (await nodes[0]!.stored()).map(({ id }) => id);
    expect(stored).toHaveLength(COUNT + 1);
    for (const { told, resets } of nodes) {
      expect(resets).toEqual([]);
      expect(told.map(({ id }) => id)).toEqual(stored);
      expect(new Set(told.map(({ data }) => data)).size).toBe(COUNT + 1);
    }
  });

  it("cut off from one node: that node gets what it has missed, and no reset", async () => {
    await publish(0, 30);
    await untilTold(29);
    const [alone, ...others] = nodes as [FollowedLog, FollowedLog, FollowedLog];
    alone.node.link.hold();
    const start = performance.now();
    await expect(alone.log.append([{ data: "lost", idempotencyKey: "key 60" }])).rejects.toMatchObject({
      code: "ERR_SSE_LOG_UNAVAILABLE",
    });
    expect(performance.now() - start).toBeGreaterThan(TIMEOUT - 600);
    expect(performance.now() - start).toBeLessThan(TIMEOUT + 1_000);
    for (let n = 30; n < 60; n++) await others[n % 2]!.publish(n);
    for (const followed of others) await followed.untilTold(59);
    await until("the node to be down", () => alone.log.status === "down");
    expect(others.map(({ log }) => log.status)).toEqual(["ready", "ready"]);
    expect(alone.data.length).toBe(30);
    alone.node.link.restore();
    await alone.untilTold(59);
    await expectRecovered(60);
    expectAll(90);
  });
});
