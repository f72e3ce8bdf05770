// Measures the present cost of each fault that the channels once had: `node faults.mjs [case…]`.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const all = ["own", "end", "snapshot", "pending", "keys", "many"];
const cases = process.argv.length > 2 ? process.argv.slice(2) : all;
const server = fileURLToPath(new URL("faults-server.mjs", import.meta.url));
for (const name of cases) {
  process.stdout.write(execFileSync(process.execPath, ["--expose-gc", server, name], { timeout: 120_000 }));
}
