// Packs each package as for publishing, runs publint and "Are the types wrong?" on the tarballs, and checks that their
// README and their documentation are complete and have no link that leaves them.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeApi } from "./docs/api.mjs";
import { documentationFaults } from "./docs/documentation-faults.mjs";
import { environment } from "./environment.mjs";

const root = new URL("..", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "ssekit-tarballs-"));

/** @param {string} command @param {string[]} args @param {URL} [cwd] */
function run(command, args, cwd = root) {
  const { status, error } = spawnSync(command, args, { cwd, env: environment, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exitCode = 1;
}

try {
  makeApi();
  for (const name of readdirSync(new URL("packages", root))) {
    const path = new URL(`packages/${name}/`, root);
    if (!existsSync(new URL("package.json", path))) continue; // a folder of packages that are not in the workspace
    const manifest = JSON.parse(readFileSync(new URL("package.json", path), "utf8"));
    if (manifest.private) continue;
    console.log(`\n${manifest.name}`);
    const tarball = join(folder, `${name}.tgz`);
    run("pnpm", ["pack", "--out", tarball], path);
    run("publint", ["run", tarball, "--strict"]);
    run("attw", [tarball]);
    const unpacked = join(folder, name);
    mkdirSync(unpacked);
    run("tar", ["xzf", tarball, "-C", unpacked]);
    const faults = documentationFaults(join(unpacked, "package"), name);
    for (const fault of faults) console.log(`✗ ${fault}`);
    if (faults.length > 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
