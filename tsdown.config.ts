import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "tsdown";

// Shared by every package; tsdown runs in the package's folder. Dependencies and peers stay imports.
export default defineConfig({
  entry: ["src/index.ts", "src/adapter.ts"].filter((file) => existsSync(file)),
  format: ["esm", "cjs"],
  // Declarations by TypeScript 7, whose compiler is a program and no longer a library.
  dts: { tsgo: { path: fileURLToPath(new URL("node_modules/.bin/tsc", import.meta.url)) } },
  platform: "neutral",
  target: "es2023",
  fixedExtension: false,
  // eventsource-parser 4 is ESM only: as a devDependency it is inlined, and nothing else may be.
  deps: { neverBundle: [/^node:/], onlyBundle: ["eventsource-parser"] },
  logLevel: "warn",
});
