import { describe, expect, test, vi } from "vitest";
import { startRecipe } from "./start-recipe.js";

describe("who-is-online.js", () => {
  test("sends the list of online users to all of them, each user once, and updates it when a user leaves", async () => {
    const { read, request } = await startRecipe("who-is-online.js");
    const ada = await read("/room?user=ada");
    const lists = () => ada.events.filter(({ type }) => type === "online").map(({ data }) => data);
    const latest = (list: string) => vi.waitFor(() => expect(lists().at(-1)).toBe(list), { timeout: 10_000 });
    await latest('["ada"]');
    await read("/room?user=ada");
    const bob = await read("/room?user=bob");
    await latest('["ada","bob"]');
    expect(await (await request("/online")).json()).toEqual(["ada", "bob"]);
    bob.leave();
    await latest('["ada"]');
  });

  test("removes a user from all tabs, and these tabs do not come back by themselves", async () => {
    const { read, request } = await startRecipe("who-is-online.js");
    const [tab, otherTab, other] = await Promise.all(
      ["bob", "bob", "ada"].map((user) => read(`/room?user=${user}`)),
    );
    expect((await request("/online/bob", { method: "DELETE" })).status).toBe(204);
    for (const reader of [tab!, otherTab!]) {
      const last = (await reader.all()).at(-1);
      expect(last).toMatchObject({ type: "removed", data: "by a moderator" });
      const headers = { "Last-Event-ID": last!.lastEventId };
      expect((await request("/room?user=bob", { headers })).status).toBe(204);
    }
    await vi.waitFor(() => expect(other!.events.at(-1)?.data).toBe('["ada"]'), { timeout: 10_000 });
  });

  test("answers 401 to a request without a login", async () => {
    const { request } = await startRecipe("who-is-online.js");
    expect((await request("/room")).status).toBe(401);
  });
});
