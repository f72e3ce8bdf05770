import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runSafely } from "./run.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const sources = fileURLToPath(new URL("../../packed/", import.meta.url));

const INSTALL = [
  "install",
  "--prefer-offline",
  "--no-audit",
  "--no-fund",
  "--ignore-scripts",
  "--include=dev",
];

/** The projects of `packed/`, with the packed packages installed, outside the workspace. */
export interface Projects {
  /** The parent of the projects, each under its name. */
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Packs what would be published and installs it. The projects name every tarball, also of packages they do not
 * import, so that none comes from the registry.
 */
export async function installProjects(names: readonly string[]): Promise<Projects> {
  const folder = await mkdtemp(join(tmpdir(), "ssekit-packed-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const { packageManager } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const pack = ["--recursive", "--filter=./packages/*", "pack", `--out=${join(folder, "tarballs/%s.tgz")}`];
    await runSafely("npx", ["-y", packageManager, ...pack], root, 60_000);
    for (const name of names) {
      await cp(join(sources, name), join(folder, name), { recursive: true });
      await runSafely("npm", INSTALL, join(folder, name), 120_000);
    }
    return { folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
