import { describe, expect, test } from "vitest";
import { startRecipe } from "./start-recipe.js";

describe("user-feed.js", () => {
  test("sends a message to all tabs of its user, and an announcement to all users", async () => {
    const { read, post } = await startRecipe("user-feed.js");
    const [tab, otherTab, other] = await Promise.all(
      ["ada", "ada", "bob"].map((user) => read(`/feed?user=${user}`)),
    );
    expect((await post("/users/ada/messages", { text: "for ada" })).status).toBe(202);
    expect((await post("/announcements", { text: "for all" })).status).toBe(202);
    for (const reader of [tab!, otherTab!]) {
      expect((await reader.take(2)).map(({ type, data }) => [type, data])).toEqual([
        ["note", '{"text":"for ada"}'],
        ["announcement", '{"text":"for all"}'],
      ]);
    }
    expect((await other!.take(1)).map(({ type }) => type)).toEqual(["announcement"]);
  });

  test("a tab that comes back gets the messages and announcements that it missed", async () => {
    const { read, post } = await startRecipe("user-feed.js");
    const tab = await read("/feed?user=ada");
    await post("/announcements", { text: "first" });
    const [{ lastEventId } = { lastEventId: "" }] = await tab.take(1);
    tab.leave();
    await post("/users/ada/messages", { text: "second" });
    await post("/users/bob/messages", { text: "of bob" });
    await post("/announcements", { text: "third" });
    const again = await read("/feed?user=ada", { headers: { "Last-Event-ID": lastEventId } });
    expect((await again.take(2)).map(({ data }) => JSON.parse(data).text)).toEqual(["second", "third"]);
  });

  test("a message to a user who is called like a topic is not sent to that topic", async () => {
    const { read, post } = await startRecipe("user-feed.js");
    const everybody = await read("/feed?user=ada");
    await post("/users/all/messages", { text: "for the user all" });
    await post("/announcements", { text: "for all" });
    expect((await everybody.take(1)).map(({ type }) => type)).toEqual(["announcement"]);
  });

  test.for(["", "?user=", "?user=ada&user=bob"])(
    "answers 401 to a request without a login: %j",
    async (query) => {
      const { request } = await startRecipe("user-feed.js");
      expect((await request(`/feed${query}`)).status).toBe(401);
    },
  );
});
