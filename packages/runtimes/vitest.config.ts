import { defineConfig } from "vitest/config";

// For tests that run inside another runtime, with the built packages.
export default defineConfig({
  test: {
    root: new URL("../../", import.meta.url).pathname,
    server: { deps: { external: [/\/dist\//] } },
    include: ["packages/runtimes/contract/*.test.ts", "packages/*/test/contract-*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
