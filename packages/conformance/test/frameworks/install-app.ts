import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { runSafely } from "../packed/run.js";
import { pnpm, root } from "./pnpm.js";

const apps = join(root, "packages/frameworks");

const INSTALL = [
  "install",
  "--ignore-workspace",
  "--frozen-lockfile",
  "--prefer-offline",
  "--ignore-scripts",
  "--config.fetch-retries=1", // without a network, others would take more than a minute
];
// What pnpm says, and what npx says.
const NO_NETWORK = /client error \(Connect\)|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT/;
let offline = false;

/** The folder of a framework's app. */
export function appFolder(name: string): string {
  return join(apps, name);
}

/**
 * Installs the packages of an app, which takes a moment if they are there, and puts the packed packages of ssekit next to
 * them.
 *
 * @returns `false` if the packages cannot be downloaded, because there is no network
 */
export async function installApp(name: string, tarballs: string): Promise<boolean> {
  if (offline) return false;
  const folder = appFolder(name);
  const { code, output } = await pnpm(INSTALL, folder, 240_000);
  if (code !== 0) {
    offline = NO_NETWORK.test(output);
    if (offline) return false;
    throw new Error(`The packages of ${name} were not installed:\n${output}`);
  }
  const installed = join(folder, "node_modules/@ssekit");
  await rm(installed, { recursive: true, force: true });
  for (const tarball of await readdir(tarballs)) {
    const target = join(installed, basename(tarball, ".tgz").replace("ssekit-", ""));
    await mkdir(target, { recursive: true });
    await runSafely(
      "tar",
      ["-xzf", join(tarballs, tarball), "-C", target, "--strip-components=1"],
      folder,
      30_000,
    );
  }
  await cp(join(apps, "probe"), join(folder, "node_modules/ssekit-probe"), { recursive: true });
  return true;
}
