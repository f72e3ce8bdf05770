// Makes the API reference from the doc comments, one page for each published package, in `docs/api`.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { anchorsOf } from "./heading-anchors.mjs";
import { published, root } from "./pages.mjs";
import { installTools, runTool } from "./tools.mjs";

const docs = join(root, "docs");

/** Writes the pages of the API. Each is replaced at once, because another process may be packing it. */
export function makeApi() {
  installTools();
  const made = mkdtempSync(join(docs, ".api-"));
  try {
    const entries = published.map((name) => `../packages/${name}/src/index.ts`);
    const options = ["--options", "typedoc.json", "--logLevel", "Warn", "--out", made];
    runTool("typedoc", [...options, "--entryPoints", ...entries], "pipe");
    writePages(made);
    mkdirSync(join(docs, "api"), { recursive: true });
    for (const name of ["index", ...published]) {
      renameSync(join(made, `${name}.md`), join(docs, `api/${name}.md`));
    }
  } finally {
    rmSync(made, { recursive: true });
  }
}

/**
 * Gives the pages of TypeDoc a heading and a first sentence.
 * @param {string} folder
 */
function writePages(folder) {
  const pages = published.map((name) => readFileSync(join(folder, `${name}.md`), "utf8"));
  const anchors = new Set(pages.flatMap(anchorsOf));
  for (const [index, name] of published.entries()) {
    const text = pages[index]
      ?.replace(/^# .*\n/, "")
      // The plugin numbers the anchors of some names that are not there twice, such as `SseError.code` and `SseErrorCode`.
      .replaceAll(/#([a-z]+)-\d+\)/g, (link, anchor) =>
        !anchors.has(link.slice(1, -1)) && anchors.has(anchor) ? `#${anchor})` : link,
      );
    const heading = `# API of @ssekit/${name}\n\nWhat \`@ssekit/${name}\` exports, from its doc comments.\n`;
    writeFileSync(join(folder, `${name}.md`), heading + text);
  }
  const list = published.map((name) => `- [@ssekit/${name}](${name}.md)`).join("\n");
  const heading = "# API\n\nThe exports of each package, made from the doc comments.\n";
  writeFileSync(join(folder, "index.md"), `${heading}\n${list}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) makeApi();
