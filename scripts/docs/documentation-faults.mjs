import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { anchorsOf } from "./heading-anchors.mjs";
import { linksOf, resolveLink } from "./markdown-links.mjs";

/**
 * What is wrong with the documentation in an unpacked tarball: a page that is missing, or a link that leads nowhere or out
 * of the package.
 * @param {string} folder
 * @param {string} name the folder of the package in the repository
 */
export function documentationFaults(folder, name) {
  const missing = ["README.md", `docs/api/${name}.md`].filter((page) => !existsSync(join(folder, page)));
  const pages = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".md"));
  const dead = pages.flatMap((page) =>
    linksOf(readFileSync(join(folder, page), "utf8")).flatMap((address) => {
      const link = resolveLink(page, address);
      if (link === undefined) return [];
      // A URL drops the `..` that lead out of its root.
      const leaves = posix.join(posix.dirname(page), address).startsWith("..");
      if (leaves || !existsSync(join(folder, link.file)))
        return [`${page}: ${address} is not in the package`];
      if (link.hash === "" || !link.file.endsWith(".md")) return [];
      const anchors = anchorsOf(readFileSync(join(folder, link.file), "utf8"));
      const ids = [...readFileSync(join(folder, link.file), "utf8").matchAll(/<a id="([^"]+)"/g)].map(
        ([, id]) => id,
      );
      return [...anchors, ...ids].includes(link.hash.slice(1))
        ? []
        : [`${page}: ${address}: no such heading`];
    }),
  );
  return [...missing.map((page) => `${page} is missing`), ...dead];
}
