import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    // Tests run on the sources. The built packages have their own tests.
    alias: [
      {
        find: /^@ssekit\/([a-z-]+)\/adapter$/,
        replacement: fileURLToPath(new URL("packages/$1/src/adapter.ts", import.meta.url)),
      },
      {
        find: /^@ssekit\/([a-z-]+)$/,
        replacement: fileURLToPath(new URL("packages/$1/src/index.ts", import.meta.url)),
      },
    ],
  },
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts"],
    pool: "forks",
    execArgv: ["--expose-gc"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
