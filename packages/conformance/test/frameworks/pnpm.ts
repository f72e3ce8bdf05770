import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findProgram } from "../../../../scripts/system-programs.mjs";
import { run, type Ended } from "../packed/run.js";

/** The folder of the workspace. */
export const root = fileURLToPath(new URL("../../../../", import.meta.url));

// `pnpm test` puts pnpm on PATH. npx asks the registry, also if it has this version already.
const { packageManager } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
const [command, ...first] = findProgram("pnpm") ? ["pnpm"] : ["npx", "-y", packageManager];

/** Runs pnpm in a folder. */
export function pnpm(args: readonly string[], cwd: string, ms: number): Promise<Ended> {
  return run(command, [...first, ...args], cwd, ms);
}
