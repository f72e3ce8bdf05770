import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { startExample } from "../../../packages/conformance/src/support/start-example.js";
import { startRecipe } from "./start-recipe.js";

const folder = new URL("../", import.meta.url);
const recipes = readdirSync(folder).filter((file) => file.endsWith(".js") && file !== "start.js");
const streams = {
  "who-is-online.js": "/room?user=ada",
  "llm-post.js": "/answer",
  "sdk-stream.js": "/openai",
};
const pathOf = (file: string) => streams[file as keyof typeof streams] ?? "/feed?user=ada";

describe("every recipe", () => {
  test("is in the table of the README", () => {
    const readme = readFileSync(new URL("README.md", folder), "utf8");
    const listed = [...readme.matchAll(/^\| \[`([a-z-]+\.js)`\]\(\1\)/gm)].map(([, file]) => file);
    expect(new Set(listed)).toEqual(new Set(recipes));
  });

  test.for(recipes)("%s stops on SIGTERM, with a client connected, and prints no error", async (file) => {
    const { post, request, stop, output } = await startRecipe(file);
    const login = await post("/login", { user: "ada" }); // only one recipe has a login
    const response = await request(pathOf(file), {
      method: file === "llm-post.js" ? "POST" : "GET",
      headers: { Cookie: login.headers.get("Set-Cookie")?.split(";")[0] ?? "" },
    });
    expect(response.headers.get("Content-Type")).toBe("text/event-stream");
    expect(await stop("SIGTERM")).toEqual([0, null]);
    await response.text().catch(() => {}); // a client that does not come back by itself is cut off
    expect(output()).not.toContain("Error");
  });

  test("prints an error if the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const starting = startExample("recipes", { PORT: String(port) }, "user-feed.js");
    await expect(starting).rejects.toThrow(`Cannot listen on port ${port}`);
  });
});
