import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

/** The folder of the repository. */
export const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** The Markdown files of the repository, also new ones, with their paths from its root. */
export function markdownFiles(): string[] {
  const listed = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "*.md"];
  const files = execFileSync("git", listed, { cwd: root, encoding: "utf8" }).trim().split("\n");
  return files.filter((file) => !file.startsWith(".changeset/")).toSorted();
}

/** Reads a file of the repository. */
export function readText(file: string): string {
  return readFileSync(join(root, file), "utf8");
}
