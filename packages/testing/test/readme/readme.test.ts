import { readFileSync } from "node:fs";
import * as testing from "@ssekit/testing";
import supertest from "supertest";
import { expect, test } from "vitest";
import * as app from "./app.js";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const snippet = (language: string): string => readme.split(`\`\`\`${language}\n`)[1]?.split("```")[0] ?? "";

test("the README's snippet for Vitest is the test beside this one", () => {
  expect(snippet("mjs")).toBe(readFileSync(new URL("vitest.test.ts", import.meta.url), "utf8"));
});

test("the README's snippet for Jest passes", async () => {
  const modules: Record<string, unknown> = { "@ssekit/testing": testing, supertest, "./app": app };
  const tests: (() => Promise<void>)[] = [];
  // oxlint-disable-next-line no-implied-eval -- run as Jest does: with its globals as arguments
  const define = new Function("require", "test", "expect", snippet("cjs")) as (...globals: unknown[]) => void;
  define(
    (name: string) => modules[name],
    (_: string, body: () => Promise<void>) => tests.push(body),
    expect,
  );
  expect(tests).toHaveLength(1);
  await tests[0]?.();
});
