import { pause } from "../../../packages/conformance/src/support/within.js";
import { describe, expect, test } from "vitest";
import { startRecipe } from "./start-recipe.js";

/** Starts the recipe; `logIn` gives the headers of a browser that has logged in. */
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
  test("logging out closes all tabs of the login and no other's, and the tabs are told", async () => {
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
    expect((await request("/feed", { headers })).status).toBe(401); // on which EventSource gives up
    expect((await post("/logout", {}, headers)).status).toBe(401);
    await pause(100); // in which another one could close
    for (const other of others) expect(other.events.map(({ type }) => type)).toEqual(["welcome"]);
  });

  test("a login that expires ends its stream then, and is no login any more", async () => {
    const seconds = 3;
    const { read, request, logIn } = await start({ SESSION_SECONDS: String(seconds) });
    const before = Date.now();
    const headers = await logIn("ada");
    const after = Date.now();
    const stream = await read("/feed", { headers });
    expect((await stream.all(15_000)).map(({ type }) => type)).toEqual(["welcome"]);
    // Not earlier. How much later is up to the machine, so the bound is far below any heartbeat or other limit.
    expect(Date.now() - before).toBeGreaterThanOrEqual(seconds * 1000);
    expect(Date.now() - after).toBeLessThan(seconds * 1000 + 8_000);
    expect((await request("/feed", { headers })).status).toBe(401);
  });

  test.for(["", "session=guessed"])("answers 401 to who has not logged in: %j", async (cookie) => {
    const { request } = await start();
    expect((await request("/feed", { headers: { Cookie: cookie } })).status).toBe(401);
  });
});
