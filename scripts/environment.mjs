import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { findProgram } from "./system-programs.mjs";

/**
 * The environment for the programs that these scripts start. turbo calls `pnpm`. If PATH has no `pnpm`, the `pnpm` that
 * runs this script is added to it.
 * @type {NodeJS.ProcessEnv}
 */
export const environment = { ...process.env, DO_NOT_TRACK: "1" };

const pnpm = process.env.npm_execpath;
if (!findProgram("pnpm") && pnpm) {
  const folder = mkdtempSync(join(tmpdir(), "ssekit-pnpm-"));
  symlinkSync(pnpm, join(folder, "pnpm"));
  process.on("exit", () => rmSync(folder, { recursive: true }));
  environment.PATH = [folder, process.env.PATH].join(delimiter);
}
