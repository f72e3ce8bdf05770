// The tools of the documentation are outside the workspace, so that `pnpm install` and `pnpm demo` do without them.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { environment } from "../environment.mjs";
import { root } from "./pages.mjs";

const docs = join(root, "docs");

/** Installs the tools if they are not there. */
export function installTools() {
  if (existsSync(join(docs, "node_modules/.bin/typedoc"))) return;
  const args = ["install", "--ignore-workspace", "--frozen-lockfile", "--ignore-scripts"];
  const { status, error } = spawnSync("pnpm", args, { cwd: docs, env: environment, stdio: "inherit" });
  if (status !== 0) throw error ?? new Error("The tools of the documentation were not installed");
}

/**
 * Starts a tool in the folder `docs`.
 * @param {string} name
 * @param {string[]} args
 * @param {"inherit" | "pipe"} stdio
 */
export function runTool(name, args, stdio = "inherit") {
  const program = join(docs, "node_modules/.bin", name);
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: docs,
    env: environment,
    stdio,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${name} ${args.join(" ")} failed\n${stdout ?? ""}${stderr ?? ""}`);
}
