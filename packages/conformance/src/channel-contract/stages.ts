import type { ChannelStage } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import { faultyLog } from "../faulty-log.js";
import { until } from "../support/within.js";
import { startChannel, type CreateLog } from "./channel-app.js";

const mine = new Error("mine");

function fail(): never {
  throw mine;
}

export function stagesContract(createLog: CreateLog): void {
  describe("onError of a channel", () => {
    it("is called once for each error, with the stage in which it happened", async () => {
      const told: [unknown, ChannelStage][] = [];
      const app = await startChannel(
        (history) =>
          faultyLog(createLog(history), (asked, call) =>
            asked === "append" && call === 1 ? fail : undefined,
          ),
        { onError: (error, { stage }) => void told.push([error, stage]), onUnsubscribe: fail },
      );
      const client = await app.read();
      await expect(app.channel.publish("a")).rejects.toBe(mine);
      await expect(app.channel.publishAll([{ data: () => {} }])).rejects.toMatchObject({
        code: "ERR_SSE_INVALID_DATA",
      });
      await expect(app.channel.end({ event: "x\ny" })).rejects.toMatchObject({
        code: "ERR_SSE_INVALID_FIELD",
      });
      client.leave();
      await until("the hook", () => told.length === 4);
      expect(told.map(([, stage]) => stage)).toEqual(["publish", "source", "publish", "hook"]);
      expect([told[0]![0], told[3]![0]]).toEqual([mine, mine]);
    });
  });
}
