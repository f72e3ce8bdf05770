import { describe, expect, test } from "vitest";
import { startRecipe } from "./start-recipe.js";

describe("sdk-stream.js", () => {
  test("/openai sends the text of the chunks", async () => {
    const { read } = await startRecipe("sdk-stream.js");
    const events = await (await read("/openai")).all();
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ["start", ""],
      ["text", "Hello, "],
      ["text", "世界 "],
      ["text", "👋"],
      ["text", ""],
      ["end", ""],
    ]);
  });

  test("/anthropic sends the objects unchanged", async () => {
    const { read } = await startRecipe("sdk-stream.js");
    const events = await (await read("/anthropic")).all();
    const messages = events.filter(({ type }) => type === "message");
    expect(messages).toHaveLength(events.length - 2); // `start` and `end`
    expect(messages.map(({ data }) => JSON.parse(data).type)).toEqual([
      "message_start",
      "content_block_delta",
      "content_block_delta",
      "content_block_delta",
      "message_stop",
    ]);
    expect(JSON.parse(messages[1]!.data).delta.text).toBe("Hello, ");
  });

  test.for(["/openai", "/anthropic"])(
    "%s is not generated again for a client that comes back",
    async (path) => {
      const { read, request } = await startRecipe("sdk-stream.js");
      const broken = await read(path);
      const [start] = await broken.take(2);
      broken.leave();
      const headers = { "Last-Event-ID": start!.lastEventId };
      expect((await request(path, { headers })).status).toBe(204);
    },
  );
});
