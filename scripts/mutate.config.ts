// The tests on the sources with one line left out, as `mutate.mjs` asks by its environment. No file is changed.
import { defineConfig, mergeConfig } from "vitest/config";
import base from "../vitest.config.js";

const file = process.env["SSEKIT_MUTATED_FILE"];
const line = Number(process.env["SSEKIT_MUTATED_LINE"]);

export default mergeConfig(
  base,
  defineConfig({
    plugins: [
      {
        name: "leave-out-a-line",
        enforce: "pre",
        transform(code, id) {
          if (id.split("?")[0] !== file) return undefined;
          const lines = code.split("\n");
          // What an `if` of two lines does is left out, and not what follows it drawn into it.
          const rest = /;(\s+\/\/.*)?$/.test(lines[line - 1] ?? "") ? ";" : "";
          return { code: lines.toSpliced(line - 1, 1, rest).join("\n"), map: null };
        },
      },
    ],
  }),
);
