import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Entry, EventLog, News } from "@ssekit/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { expectEntries } from "../../conformance/src/log-contract/log-subject.js";
import { nothingUnhandled } from "../../conformance/src/support/nothing-unhandled.js";
import { startRedis, type RedisServer } from "../../conformance/src/support/start-redis.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { pause, until, within } from "../../conformance/src/support/within.js";
import { CLIENTS } from "./support/clients.js";
import { connectionsOf } from "./support/redis-info.js";
import { startNode, type Node } from "./support/redis-subject.js";

const KEY = "prices";
const RESET_WITHIN_MS = 2_000;

/** Follows the log on one node, and finds entries that are missing or repeated. */
class Witness {
  readonly log: EventLog;
  readonly resets: { reset: string; at: number }[] = [];
  readonly faults: string[] = [];
  readonly statuses: string[] = [];
  told: Entry[] = [];

  constructor({ store }: Node) {
    this.log = store.open(KEY);
  }

  async start(): Promise<void> {
    await this.log.tail((news) => this.#hear(news));
  }

  #hear(news: News): void {
    if ("status" in news) this.statuses.push(news.status);
    if ("reset" in news) {
      this.resets.push({ reset: news.reset, at: performance.now() });
      this.told = [];
    }
    for (const entry of "entries" in news ? news.entries : []) {
      const last = this.told.at(-1);
      if (last && numberOf(entry) !== numberOf(last) + 1) this.faults.push(`${entry.id} after ${last.id}`);
      this.told.push(entry);
    }
  }
}

function numberOf({ id }: Entry): number {
  return Number(/-(\d+)/.exec(id)![1]);
}

/** Publishes one number after another, each until it is acknowledged. */
class Publisher {
  readonly acknowledged = new Map<string, string>();
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(log: EventLog, name: string) {
    this.#done = this.#run(log, name);
    this.#done.catch(() => {}); // `stop` rejects
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await within("the publisher", this.#done);
  }

  async #run(log: EventLog, name: string): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      const data = `${name} ${n}`;
      for (;;) {
        try {
          const [id] = await log.append([{ data, idempotencyKey: data }]);
          this.acknowledged.set(data, id!);
          break;
        } catch (error) {
          if ((error as { code?: unknown }).code !== "ERR_SSE_LOG_UNAVAILABLE") throw error;
        }
      }
      await pause(5);
    }
  }
}

interface Scene {
  server: RedisServer;
  nodes: Node[];
  witnesses: Witness[];
  publishers: Publisher[];
}

describe.skipIf(!systemProgram("redis-server"))("P6: logs on a Redis that fails", () => {
  nothingUnhandled();

  describe.each(["redis 6", "ioredis 6"])("with %s", (name) => {
    async function begin(): Promise<Scene> {
      const server = await startRedis({ appendonly: true });
      onTestFinished(() => server.remove());
      const options = { timeout: 1_000 };
      const nodes = [
        await startNode(CLIENTS[name]!, server, options),
        await startNode(CLIENTS[name]!, server, options),
      ];
      const witnesses = nodes.map((node) => new Witness(node));
      for (const witness of witnesses) await witness.start();
      const publishers = nodes.map((node, n) => new Publisher(node.store.open(KEY), `node ${n}`));
      await pause(300);
      return { server, nodes, witnesses, publishers };
    }

    /** Expects that all witnesses were told what the log holds, and that everything works and nothing is left over. */
    async function finish(
      { server, nodes, witnesses, publishers }: Scene,
      resets: string[],
    ): Promise<readonly Entry[]> {
      await pause(500);
      await Promise.all(publishers.map((publisher) => publisher.stop()));
      const [last] = await within("append()", Promise.resolve(witnesses[0]!.log.append([{ data: "last" }])));
      for (const witness of witnesses) {
        await until("the witness to be told the last entry", () => witness.told.at(-1)?.id === last);
        expect(witness.faults).toEqual([]);
        expect(witness.resets.map(({ reset }) => reset)).toEqual(resets);
        expect(witness.log.status).toBe("ready");
      }
      const fresh = await startNode(CLIENTS[name]!, server);
      const read = await fresh.store.open(KEY).read("start", { events: 10_000, bytes: Infinity });
      const { entries } = expectEntries(read);
      expect(entries.at(-1)!.id).toBe(last);
      expect(new Set(entries.map(({ data }) => data)).size).toBe(entries.length);
      const first = witnesses.map(({ told }) => told[0]!.id);
      for (const [n, { told }] of witnesses.entries()) {
        const from = entries.findIndex(({ id }) => id === first[n]);
        expect(told.map(({ id }) => id)).toEqual(entries.slice(from).map(({ id }) => id));
      }
      await fresh.store.close();
      fresh.commands.close();
      const expected = nodes.length * 2;
      await expect.poll(() => connectionsOf(server), { timeout: 5_000 }).toBe(expected);
      return entries;
    }

    function expectAllKept(entries: readonly Entry[], { publishers }: Scene): void {
      const kept = new Map(entries.map(({ data, id }) => [data, id]));
      const lost = publishers.flatMap(({ acknowledged }) =>
        [...acknowledged].filter(([data, id]) => kept.get(data) !== id),
      );
      expect(lost).toEqual([]);
    }

    it("loses nothing when it is stopped for 5 s", async () => {
      const scene = await begin();
      await scene.server.stop();
      await until("the nodes to notice", () => scene.nodes.every(({ store }) => store.status === "down"));
      await pause(5_000);
      await scene.server.start();
      expectAllKept(await finish(scene, []), scene);
      for (const { statuses } of scene.witnesses) expect(statuses).toEqual(["down", "ready"]);
    });

    it("loses nothing when it is killed and restarted with its data", async () => {
      const scene = await begin();
      await scene.server.stop("SIGKILL");
      await scene.server.start();
      expectAllKept(await finish(scene, []), scene);
    });

    it("tells one reset within two seconds when it is restarted empty", async () => {
      const scene = await begin();
      await scene.server.stop("SIGKILL");
      rmSync(join(scene.server.dir, "appendonlydir"), { recursive: true });
      await scene.server.start();
      const started = performance.now();
      const entries = await finish(scene, ["new-log"]);
      for (const { resets } of scene.witnesses) expect(resets[0]!.at - started).toBeLessThan(RESET_WITHIN_MS);
      expect(entries.length).toBeGreaterThan(1);
    });

    it("tells one reset within two seconds when it is restarted from an older copy of its data", async () => {
      const scene = await begin();
      const { server } = scene;
      const copy = mkdtempSync(join(tmpdir(), "ssekit-redis-copy-"));
      onTestFinished(() => rmSync(copy, { recursive: true }));
      await server.stop("SIGKILL");
      cpSync(server.dir, copy, { recursive: true });
      await server.start();
      const before = scene.witnesses[0]!.told.length;
      await until("more entries", () => scene.witnesses.every(({ told }) => told.length > before + 20));
      await server.stop("SIGKILL");
      rmSync(join(server.dir, "appendonlydir"), { recursive: true });
      cpSync(copy, server.dir, { recursive: true });
      await server.start();
      const started = performance.now();
      await finish(scene, ["unknown-id"]);
      for (const { resets } of scene.witnesses) expect(resets[0]!.at - started).toBeLessThan(RESET_WITHIN_MS);
    });

    it("loses nothing when it is frozen for 3 s", async () => {
      const scene = await begin();
      scene.server.freeze();
      await pause(3_000);
      scene.server.resume();
      expectAllKept(await finish(scene, []), scene);
    });

    it("loses nothing on a node that is cut off without a sign, and not on the others either", async () => {
      const scene = await begin();
      const [node] = scene.nodes;
      node!.commands.freeze();
      node!.messages.freeze();
      const { told } = scene.witnesses[1]!;
      const before = told.length;
      await pause(3_000);
      await until("the node to notice", () => node!.store.status === "down");
      await until("the other node to go on", () => told.length > before + 50);
      await node!.commands.forward();
      await node!.messages.forward();
      expectAllKept(await finish(scene, []), scene);
    });

    it("delivers within two seconds on a node that hears no messages, and connects again", async () => {
      const scene = await begin();
      const [node] = scene.nodes;
      node!.messages.freeze();
      await pause(100);
      const [id] = await scene.witnesses[1]!.log.append([{ data: "x" }]);
      const isTold = (): boolean => scene.witnesses[0]!.told.some((entry) => entry.id === id);
      await until("the check to find the entry", isTold, RESET_WITHIN_MS);
      expect(node!.store.status).toBe("ready");
      await pause(3_000); // the node opens another connection
      await node!.messages.forward();
      expectAllKept(await finish(scene, []), scene);
    });
  });
});
