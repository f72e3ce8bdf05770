// Runs the tests with one line of a source file left out. `mutate.mjs` names the file and the line in environment variables.
// No file is changed.
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
          // The line may be the statement of an `if` on the line before. A `;` takes its place, because otherwise the next statement
          // would belong to the `if`.
          const rest = /;(\s+\/\/.*)?$/.test(lines[line - 1] ?? "") ? ";" : "";
          return { code: lines.toSpliced(line - 1, 1, rest).join("\n"), map: null };
        },
      },
    ],
  }),
);
