// Makes the folder that a package is published from: what was built, and the README and the documentation with links
// that do not leave the package. `pnpm pack` and `pnpm publish` call it in the folder of a package, before they pack
// `publishConfig.directory`.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { linksOf, resolveLink } from "./markdown-links.mjs";
import { linkedFile, movedPage, published, root } from "./pages.mjs";

/**
 * The place of a file in the tarball of a package. `undefined`: it is not in there.
 * @param {string} name the folder of the package
 * @param {string} file
 */
export function packageTarget(name, file) {
  if (file === `packages/${name}/README.md`) return "README.md";
  if (file === "README.md") return "docs/ssekit.md";
  if (file.startsWith("docs/")) return file;
  const [, other = ""] = /^packages\/([^/]+)\/README\.md$/.exec(file) ?? [];
  if (published.includes(other)) return `docs/packages/${other}.md`;
  if (/^examples\/recipes\/[^/]+\.(?:js|md)$/.test(file)) return `docs/${file}`;
  return undefined;
}

/**
 * The documentation of a package, with the new places of its files: its README, its first steps, the pages that these
 * lead to, and the API of all that it exports. `core`, which the other packages depend on, has all pages.
 * @param {string} name
 * @returns {Map<string, string>}
 */
function pagesOf(name) {
  const own = [`packages/${name}/README.md`, `docs/getting-started/${name}.md`].filter((file) =>
    linkedFile(file),
  );
  const waiting = [...own, ...exportedPackages(name).map((other) => `docs/api/${other}.md`)];
  /** @type {Map<string, string>} */
  const places = new Map();
  for (const file of waiting) {
    const place = packageTarget(name, file);
    if (place === undefined || places.has(file) || linkedFile(file) === undefined) continue;
    places.set(file, place);
    if (extname(file) !== ".md" || !(name === "core" || own.includes(file))) continue;
    for (const address of linksOf(readFileSync(join(root, file), "utf8"))) {
      const link = resolveLink(file, address);
      const linked = link && linkedFile(link.file);
      if (linked !== undefined) waiting.push(linked);
    }
  }
  return places;
}

/**
 * A package, and those of this repository that it depends on.
 * @param {string} name
 * @returns {string[]}
 */
function exportedPackages(name) {
  const { dependencies = {} } = JSON.parse(
    readFileSync(join(root, "packages", name, "package.json"), "utf8"),
  );
  const others = Object.keys(dependencies).filter((dependency) => dependency.startsWith("@ssekit/"));
  return [name, ...others.flatMap((dependency) => exportedPackages(dependency.slice("@ssekit/".length)))];
}

/**
 * Fills the folder. Two processes may do so at the same time: what one writes is never half of a file, and both write the
 * same.
 * @param {string} name
 */
export function stagePackage(name) {
  const folder = join(root, "packages", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const target = join(folder, manifest.publishConfig.directory);
  /** @type {Set<string>} */
  const written = new Set();
  /** @param {string} place @param {string | Buffer} content */
  const write = (place, content) => {
    const path = join(target, place);
    written.add(path);
    mkdirSync(dirname(path), { recursive: true });
    const unfinished = join(dirname(path), `.${basename(path)}.${process.pid}`);
    writeFileSync(unfinished, content);
    renameSync(unfinished, path);
  };

  const { directory: _, linkDirectory: __, ...publishConfig } = manifest.publishConfig;
  write("package.json", `${JSON.stringify({ ...manifest, publishConfig }, null, 2)}\n`);
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (entry.isFile() && (path.startsWith("dist/") || path === "THIRD-PARTY-NOTICES"))
      write(path, readFileSync(join(folder, path)));
  }
  write("LICENSE", readFileSync(join(root, "LICENSE")));
  const places = pagesOf(name);
  for (const [file, place] of places) {
    const isPage = extname(file) === ".md";
    write(
      place,
      isPage ? movedPage(file, place, (other) => places.get(other)) : readFileSync(join(root, file)),
    );
  }
  for (const entry of readdirSync(target, { recursive: true, encoding: "utf8", withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !written.has(path) && !entry.name.startsWith(".")) rmSync(path, { force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const name = basename(process.cwd());
  // A tarball for a test may lack the API reference, which takes tools that are not in the workspace. A published one may not.
  if (
    process.env["npm_lifecycle_event"] === "prepublishOnly" &&
    linkedFile(`docs/api/${name}.md`) === undefined
  ) {
    console.error(`The API reference of ${name} is missing: pnpm run docs:api`);
    process.exit(1);
  }
  stagePackage(name);
}
