// Runs a turbo task and prints only errors: `node scripts/turbo.mjs build --filter=…`.
import { spawnSync } from "node:child_process";
import { environment } from "./environment.mjs";

const { status, error, stdout } = spawnSync(
  "turbo",
  [
    "run",
    ...process.argv.slice(2),
    "--continue=dependencies-successful",
    "--output-logs=errors-only",
    "--log-prefix=none",
  ],
  { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
);
if (error) throw error;
if (status !== 0) console.error(stdout);
process.exitCode = status ?? 1;
