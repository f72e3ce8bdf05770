import { pause } from "../../../packages/conformance/src/support/within.js";
import { describe, expect, test } from "vitest";
import { startRecipe } from "./start-recipe.js";

describe("limit-per-user.js", () => {
  test("a user's fourth tab works, and the stream of the oldest tab ends for good", async () => {
    const { read, request } = await startRecipe("limit-per-user.js");
    const bob = await read("/feed?user=bob");
    const tabs = [];
    for (let count = 0; count < 4; count++) {
      tabs.push(await read("/feed?user=ada"));
      await tabs.at(-1)!.take(1);
    }
    const [oldest, ...open] = tabs;
    const last = (await oldest!.all()).at(-1)!;
    expect(last).toMatchObject({ type: "replaced", data: "Continued in another tab." });
    const headers = { "Last-Event-ID": last.lastEventId };
    expect((await request("/feed?user=ada", { headers })).status).toBe(204);

    await read("/feed?user=ada"); // the fifth tab: the next stream ends
    expect((await open[0]!.all()).at(-1)).toMatchObject({ type: "replaced" });
    await pause(100); // time in which another stream could wrongly end
    for (const reader of [bob, ...open.slice(1)])
      expect(reader.events.map(({ type }) => type)).toEqual(["welcome"]);
  });

  test("a program's fourth stream is told to come back later, and is accepted when another one has closed", async () => {
    const { read } = await startRecipe("limit-per-user.js");
    await read("/feed?user=ada"); // this stream is not counted for /export
    const running = [];
    for (let count = 0; count < 3; count++) {
      running.push(await read("/export?user=ada"));
      await running.at(-1)!.take(1);
    }
    const refused = await read("/export?user=ada");
    expect(await refused.all()).toEqual([]);
    expect(refused.response.status).toBe(200);
    expect(refused.retries.at(-1)).toBe(30_000);
    for (const reader of running) expect(reader.events.map(({ type }) => type)).toEqual(["welcome"]);

    running[0]!.leave();
    const retried = async () => {
      const again = await read("/export?user=ada");
      return (await Promise.race([again.take(1), again.all()])).map(({ type }) => type);
    };
    await expect.poll(retried, { timeout: 10_000 }).toEqual(["welcome"]);
  });

  test.for(["/feed", "/export"])("answers 401 to a request without a login: %s", async (path) => {
    const { request } = await startRecipe("limit-per-user.js");
    expect((await request(path)).status).toBe(401);
  });
});
