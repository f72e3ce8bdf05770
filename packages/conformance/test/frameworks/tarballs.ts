import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runSafely } from "../packed/run.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const packages = ["core", "node", "express", "relay"];

/** Packs what would be published. Returns the folder of the tarballs, which the caller removes. */
export async function packPackages(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ssekit-tarballs-"));
  const { packageManager } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const filters = packages.map((name) => `--filter=./packages/${name}`);
  const pack = ["--recursive", ...filters, "pack", `--out=${join(folder, "%s.tgz")}`];
  await runSafely("npx", ["-y", packageManager, ...pack], root, 60_000);
  return folder;
}
