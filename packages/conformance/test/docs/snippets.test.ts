/** Runs the code of every page and README with the built packages. `snippets.ts` explains how a page says how. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemProgram } from "@ssekit/conformance";
import { startRedis } from "../../src/support/start-redis.js";
import { run } from "../packed/run.js";
import { markdownFiles, readText, root } from "./markdown-files.js";
import { readUntil, runSnippet, type RunningSnippet } from "./run-snippet.js";
import { snippetsOf, type Snippet } from "./snippets.js";

// Inside of packages, so that their imports resolve. The clients of Redis are installed in that of Redis.
const folder = fileURLToPath(new URL("../../.snippets/", import.meta.url));
const redisFolder = fileURLToPath(new URL("../../../redis/.snippets/", import.meta.url));
const PAGES = /^(?:README\.md|docs\/.*|packages\/[^/]+\/README\.md|examples\/[^/]+\/README\.md)$/;

const snippets = markdownFiles()
  .filter((file) => PAGES.test(file))
  .flatMap((file) => snippetsOf(file, readText(file)));
const running = snippets.filter(({ how }) => how?.startsWith("runs"));
const typed = running.filter(({ language }) => isTyped(language));

function isTyped(language: string): boolean {
  return language === "ts" || language === "typescript";
}

function needsRedis({ how }: Snippet): boolean {
  return how?.endsWith(" with redis") === true;
}

function fileOf(snippet: Snippet, extension: string): string {
  const { name, language } = snippet;
  return join(
    needsRedis(snippet) ? redisFolder : folder,
    `${name.replaceAll(/\W+/g, "-")}.${language === "cjs" ? "cjs" : extension}`,
  );
}

beforeAll(() => {
  for (const each of [folder, redisFolder]) mkdirSync(each, { recursive: true });
  for (const snippet of running) {
    writeFileSync(fileOf(snippet, isTyped(snippet.language) ? "mts" : "mjs"), snippet.code);
  }
});
afterAll(() => {
  for (const each of [folder, redisFolder]) rmSync(each, { recursive: true, force: true });
});

describe("the snippets", () => {
  it("are found", () => {
    expect(running.length).toBeGreaterThan(20);
    expect(typed).not.toEqual([]);
  });

  it.each(snippets.map((snippet): [string, Snippet] => [snippet.name, snippet]))(
    "say how they run, or why they do not: %s",
    (_name, { how }) => {
      expect(how).toMatch(/^(?:runs(?::? | alone)|not run: .{10})/);
    },
  );

  describe("in TypeScript", () => {
    it("are compiled without an error", { timeout: 120_000 }, async () => {
      const config = {
        extends: "../../../tsconfig.base.json",
        compilerOptions: {
          noEmit: false,
          noUnusedLocals: false,
          noUnusedParameters: false,
          declaration: false,
          isolatedDeclarations: false,
        },
        files: typed.map((snippet) => fileOf(snippet, "mts")),
      };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const ended = await run(process.execPath, [tsc, "-p", folder], root, 100_000);
      expect(ended).toEqual({ code: 0, output: "" });
    });
  });

  for (const snippet of running) {
    it.skipIf(needsRedis(snippet) && !systemProgram("redis-server"))(`run: ${snippet.name}`, async () => {
      const how = snippet.how!.replace(/ with redis$/, "");
      const [, path, text] = /^runs: GET (\S+) prints "(.*)"$/.exec(how) ?? [];
      const [alone, printed] = /^runs alone(?: and prints "(.*)")?$/.exec(how) ?? [];
      const redis = needsRedis(snippet) ? await startRedis() : undefined;
      const env: Record<string, string> = redis === undefined ? {} : { REDIS_URL: redis.url };
      const check = async ({ url, exited, output }: RunningSnippet): Promise<void> => {
        if (path !== undefined) return await readUntil(url + path, text!);
        expect(alone, snippet.how).toBeDefined();
        expect(await exited).toBe(0);
        expect(output()).toContain(printed ?? "");
      };
      try {
        await runSnippet(snippet.name, fileOf(snippet, "mjs"), check, env);
      } finally {
        await redis?.remove();
      }
    });
  }
});

describe("the search for snippets", () => {
  it("finds code with the comment before it, and leaves out commands and files of apps", () => {
    const page = [
      "<!-- runs alone -->\n\n```js\na\n```",
      "```sh\nb\n```",
      "**`c.ts`**\n\n```ts\nc\n```",
      "```ts\nd\n```",
      "<!-- not run: it is a part -->\n\n```nginx\ne\n```",
      "- list\n\n  <!-- not run: it is a part -->\n\n  ```js\n  f\n    g\n  ```",
    ].join("\n\n");
    expect(snippetsOf("p", page).map(({ name, how, code }) => [name, how, code])).toEqual([
      ["p:3", "runs alone", "a\n"],
      ["p:17", undefined, "d\n"],
      ["p:23", "not run: it is a part", "e\n"],
      ["p:31", "not run: it is a part", "f\n  g\n"],
    ]);
  });
});
