import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "tsdown";

// All packages share this file; tsdown runs in the folder of the package. Dependencies and peers are not bundled.
export default defineConfig({
  entry: ["src/index.ts", "src/adapter.ts"].filter((file) => existsSync(file)),
  format: ["esm", "cjs"],
  // TypeScript 7 makes the declarations. Its compiler is a program and no longer a library, so tsdown needs its path.
  dts: { tsgo: { path: fileURLToPath(new URL("node_modules/.bin/tsc", import.meta.url)) } },
  platform: "neutral",
  target: "es2023",
  fixedExtension: false,
  // eventsource-parser 4 is ESM only. It is a devDependency, so that it is inlined. No other package may be inlined.
  deps: { neverBundle: [/^node:/], onlyBundle: ["eventsource-parser"] },
  logLevel: "warn",
});
