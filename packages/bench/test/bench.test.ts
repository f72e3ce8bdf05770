import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { contenderNames, missing } from "../contenders/index.mjs";
import { withRunning } from "../running.mjs";

// The bench runs the built packages in processes of their own.
const here = contenderNames.filter((name) => missing(name) === undefined);
const load = { turns: 4, rate: 50, burst: 2, bytes: 300 };

function faulty(fault: string): string {
  return `${new URL("faulty.mjs", import.meta.url)}?${fault}`;
}

async function publishOn(contender: string, patience?: number) {
  return await withRunning([contender], {}, async ([running]) => {
    const clients = running!.clients(3);
    await clients.connect(3);
    return await running!.publish(load, [{ to: clients }], patience);
  });
}

describe("bench", () => {
  it("delivers every event to every client of every contender", { timeout: 60_000 }, async () => {
    await withRunning(here, {}, async (all) => {
      const published = await Promise.all(
        all.map(async (running) => {
          const clients = running.clients(3);
          await clients.connect(3);
          return [running.contender, await running.publish(load, [{ to: clients }])] as const;
        }),
      );
      for (const [contender, { events, cpu, wireBytes }] of published) {
        expect(events, contender).toBe(24);
        expect(cpu, contender).toBeGreaterThan(0);
        expect(wireBytes, contender).toBeGreaterThan(24 * load.bytes);
      }
    });
  });

  it("delivers nothing wrong if the test's own contender does nothing wrong", async () => {
    await expect(publishOn(faulty("nothing"))).resolves.toMatchObject({ events: 24 });
  });

  it.each([
    ["lost-2", "got event 3 instead of event 2"],
    ["lost-7", "got 7 events instead of 8"],
    ["doubled-2", "got event 2 instead of event 3"],
    ["changed", "event 2 has other data"],
  ])("fails if an event is wrong for one client: %s", async (fault, mistake) => {
    await expect(publishOn(faulty(fault), 5)).rejects.toThrow(mistake);
  });

  describe("command", () => {
    const json = join(tmpdir(), `ssekit-bench-${process.pid}.json`);
    const svg = join(tmpdir(), `ssekit-bench-${process.pid}.svg`);
    afterAll(() => [json, svg].forEach((file) => rmSync(file, { force: true })));

    it("writes its figures, and exits with 1 if a limit is not met", () => {
      const options = "--clients 3 --seconds 0.1 --rounds 1 --limits".split(" ");
      const command = [fileURLToPath(new URL("../run.mjs", import.meta.url)), "koa", ...options];
      const { status, stdout } = spawnSync(process.execPath, [...command, "--json", json, "--svg", svg], {
        encoding: "utf8",
        timeout: 25_000,
      });
      const { versions, results } = JSON.parse(readFileSync(json, "utf8"));
      expect(versions.node).toBe(process.version);
      expect(Object.keys(results[0].metrics[0].rows)).toEqual(["ssekit on Koa", "res.write"]);
      const [limit] = results[0].limits;
      expect(limit).toMatchObject({ row: "ssekit on Koa", of: "res.write", atMost: 1 });
      expect(limit.met).toBe(limit.measured.median <= 1);
      expect(status).toBe(limit.met ? 0 : 1);
      expect(stdout).toContain(limit.met ? "1 of 1 limits are met" : "0 of 1 limits are met");
      expect(readFileSync(svg, "utf8")).toContain(`node ${process.version}`);
    });
  });
});
