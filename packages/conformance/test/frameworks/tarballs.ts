import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pnpm, root } from "./pnpm.js";

const packages = ["core", "node", "express", "relay"];

/** Packs what would be published. Returns the folder of the tarballs, which the caller removes. */
export async function packPackages(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ssekit-tarballs-"));
  const filters = packages.map((name) => `--filter=./packages/${name}`);
  const pack = ["--recursive", ...filters, "pack", `--out=${join(folder, "%s.tgz")}`];
  const { code, output } = await pnpm(pack, root, 60_000);
  if (code !== 0) throw new Error(`The packages were not packed:\n${output}`);
  return folder;
}
