import { pause } from "../../../packages/conformance/src/support/within.js";
import { describe, expect, test } from "vitest";
import { startRecipe } from "./start-recipe.js";

/** Starts the recipe. `logIn` returns the headers that a browser sends after a login. */
async function start(env?: Record<string, string>) {
  const recipe = await startRecipe("log-out.js", env);
  return {
    ...recipe,
    logIn: async (user: string) => {
      const response = await recipe.post("/login", { user });
      return { Cookie: response.headers.get("Set-Cookie")!.split(";")[0]! };
    },
  };
}

describe("log-out.js", () => {
  test("a log-out sends an event to all tabs of that login, and closes only their streams", async () => {
    const { read, post, request, logIn } = await start();
    const headers = await logIn("ada");
    const tabs = [await read("/feed", { headers }), await read("/feed", { headers })];
    const others = [
      await read("/feed", { headers: await logIn("ada") }),
      await read("/feed", { headers: await logIn("bob") }),
    ];
    for (const reader of [...tabs, ...others]) await reader.take(1);

    expect((await post("/logout", {}, headers)).status).toBe(204);
    for (const tab of tabs) {
      expect((await tab.all()).map(({ type }) => type)).toEqual(["welcome", "logged-out"]);
      expect(await tab.ended).toBe(true);
    }
    expect((await request("/feed", { headers })).status).toBe(401); // EventSource gives up on a 401
    expect((await post("/logout", {}, headers)).status).toBe(401);
    await pause(100); // time in which another stream could wrongly close
    for (const other of others) expect(other.events.map(({ type }) => type)).toEqual(["welcome"]);
  });

  test("when a login expires, its stream closes, and the login is no longer valid", async () => {
    const seconds = 3;
    const { read, request, logIn } = await start({ SESSION_SECONDS: String(seconds) });
    const before = Date.now();
    const headers = await logIn("ada");
    const after = Date.now();
    const stream = await read("/feed", { headers });
    expect((await stream.all(15_000)).map(({ type }) => type)).toEqual(["welcome"]);
    // The stream must not close earlier. A slow machine may close it later, so the upper bound is generous, but it is far below
    // any heartbeat or other limit.
    expect(Date.now() - before).toBeGreaterThanOrEqual(seconds * 1000);
    expect(Date.now() - after).toBeLessThan(seconds * 1000 + 8_000);
    expect((await request("/feed", { headers })).status).toBe(401);
  });

  test.for(["", "session=guessed"])("answers 401 to a request without a login: %j", async (cookie) => {
    const { request } = await start();
    expect((await request("/feed", { headers: { Cookie: cookie } })).status).toBe(401);
  });
});
