// Builds the site of the documentation, and serves it with `--serve`. Its pages are the Markdown files of the
// repository: the same ones that are read in it.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { makeApi } from "./api.mjs";
import { descriptionOf, linkedFile, movedPage, published, root } from "./pages.mjs";
import { linksOf, resolveLink } from "./markdown-links.mjs";
import { runTool } from "./tools.mjs";

const docs = join(root, "docs");
const staged = join(docs, ".site");

/**
 * The place of a file on the site. `undefined`: it is not a part of the site.
 * @param {string} file
 */
function siteTarget(file) {
  if (file === "README.md") return "index.md";
  if (/^[A-Z]+\.md$/.test(file)) return file.toLowerCase();
  if (file.startsWith("docs/")) return file.slice("docs/".length);
  const readme = /^(packages|examples)\/([^/]+)\/README\.md$/.exec(file);
  if (readme) return `${readme[1]}/${readme[2]}.md`;
  if (/^examples\/.*\.(?:js|html|css|json|jsonc)$/.test(file)) return `${file}.md`;
  return undefined;
}

/** Writes the pages to the folder that VitePress builds. */
function stage() {
  rmSync(staged, { recursive: true, force: true });
  const waiting = ["README.md", ...pagesIn("docs"), ...published.map((name) => `packages/${name}/README.md`)];
  const known = new Set(waiting);
  for (const file of waiting) {
    const target = /** @type {string} */ (siteTarget(file));
    const to = join(staged, target);
    mkdirSync(dirname(to), { recursive: true });
    if (extname(file) !== ".md") {
      if (target.endsWith(".md")) writeFileSync(to, withDescription(sourcePage(file)));
      else cpSync(join(root, file), to);
      continue;
    }
    writeFileSync(to, withDescription(movedPage(file, target, siteTarget)));
    for (const address of linksOf(readFileSync(join(root, file), "utf8"))) {
      const link = resolveLink(file, address);
      const linked = link && linkedFile(link.file);
      if (linked === undefined || known.has(linked) || siteTarget(linked) === undefined) continue;
      known.add(linked);
      waiting.push(linked);
    }
  }
}

/** @param {string} page */
function withDescription(page) {
  return `---\ndescription: ${JSON.stringify(descriptionOf(page))}\n---\n\n${page}`;
}

/**
 * The Markdown files in a folder, and in the folders inside.
 * @param {string} folder
 * @returns {string[]}
 */
function pagesIn(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    if (entry.isDirectory()) return pagesIn(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/**
 * A page that shows a file of an example.
 * @param {string} file
 */
function sourcePage(file) {
  const code = readFileSync(join(root, file), "utf8");
  const [, example, name] = /^examples\/([^/]+)\/(.*)$/.exec(file) ?? [];
  return `# ${file}\n\nThe file \`${name}\` of the example \`${example}\`.\n\n\`\`\`\`${extname(file).slice(1)}\n${code}\`\`\`\`\n`;
}

makeApi();
stage();
runTool("vitepress", ["build"]);
if (process.argv.includes("--serve")) runTool("vitepress", ["preview"]);
