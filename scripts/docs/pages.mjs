import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { replaceLinks, resolveLink } from "./markdown-links.mjs";

/** The folder of the repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The packages that are published, as the names of their folders. */
export const published = readdirSync(join(root, "packages")).filter((name) => {
  const manifest = join(root, "packages", name, "package.json");
  return existsSync(manifest) && !JSON.parse(readFileSync(manifest, "utf8")).private;
});

/**
 * The file that a link means. A folder stands for its README.
 * @param {string} file
 */
export function linkedFile(file) {
  const path = join(root, file);
  if (!existsSync(path)) return undefined;
  if (!statSync(path).isDirectory()) return file;
  return existsSync(join(path, "README.md")) ? posix.join(file, "README.md") : undefined;
}

/**
 * A page at another place. Its links lead to the new places of their files. A link to a file without one becomes text.
 * @param {string} file the page, as a path from the root of the repository
 * @param {string} target its new place
 * @param {(file: string) => string | undefined} targetOf the new place of another file
 */
export function movedPage(file, target, targetOf) {
  const markdown = readFileSync(join(root, file), "utf8");
  return replaceLinks(markdown, (address) => {
    const link = resolveLink(file, address);
    if (link === undefined || link.file === file) return link === undefined ? address : link.hash || address;
    const linked = linkedFile(link.file);
    const moved = linked === undefined ? undefined : targetOf(linked);
    if (moved === undefined) return undefined;
    return posix.relative(posix.dirname(target), moved) + link.hash;
  });
}

/**
 * The first sentences of a page, without Markdown, for search engines and for `llms.txt`.
 * @param {string} markdown
 */
export function descriptionOf(markdown) {
  const [, paragraph = ""] = /^# .*\n+((?:[^#<|\n].*\n?)+)/m.exec(markdown) ?? [];
  const text = replaceLinks(paragraph, () => undefined)
    .replaceAll(/[*_`]+/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  if (text.length <= 200) return text;
  const sentences = /^.{30,200}?[.!?](?= )/.exec(text)?.[0];
  return sentences ?? `${text.slice(0, 160).replace(/ \S*$/, "")} …`;
}
