import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { run } from "../../conformance/test/packed/run.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const vitest = fileURLToPath(new URL("../../../node_modules/vitest/vitest.mjs", import.meta.url));

const TESTS = [
  "packages/node/test/direct-writes",
  "packages/express/test/direct-writes.test.ts",
  "packages/koa/test/direct-writes.test.ts",
];

// Direct writes stand on parts of Node's http that differ between its versions.
describe.each([22, 24, 26])("on Node %i", (version) => {
  const program = programOf(version);

  it.skipIf(program === undefined)("the tests of direct writes pass", { timeout: 150_000 }, async () => {
    const ended = await run(program!, [vitest, "run", ...TESTS], root, 120_000);
    expect(ended.code, ended.output).toBe(0);
  });
});

/** The program of a version, if it is installed. With SSEKIT_REQUIRE_ALL=1 a missing one is an error. */
function programOf(version: number): string | undefined {
  const path = fileURLToPath(new URL(`../node_modules/node-${version}/bin/node`, import.meta.url));
  if (process.platform === "linux" && process.arch === "x64" && existsSync(path)) return path;
  if (process.env["SSEKIT_REQUIRE_ALL"] === "1")
    throw new Error(
      `Node ${version} for Linux on x64 is missing: pnpm --dir packages/runtimes install --ignore-workspace`,
    );
  return undefined;
}
