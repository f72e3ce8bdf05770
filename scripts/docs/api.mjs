// Makes the API reference from the doc comments, one page for each published package, in `docs/api`.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { anchorsOf } from "./heading-anchors.mjs";
import { published, root } from "./pages.mjs";
import { installTools, runTool } from "./tools.mjs";

export function makeApi() {
  const docs = join(root, "docs");
  const entries = published.map((name) => `../packages/${name}/src/index.ts`);
  installTools();
  runTool(
    "typedoc",
    ["--options", "typedoc.json", "--logLevel", "Warn", "--entryPoints", ...entries],
    "pipe",
  );
  const pages = published.map((name) => readFileSync(join(docs, `api/${name}.md`), "utf8"));
  const anchors = new Set(pages.flatMap(anchorsOf));
  for (const name of published) {
    const page = join(docs, `api/${name}.md`);
    const text = readFileSync(page, "utf8")
      .replace(/^# .*\n/, "")
      // The plugin numbers the anchors of some names that are not there twice, such as `SseError.code` and `SseErrorCode`.
      .replaceAll(/#([a-z]+)-\d+\)/g, (link, anchor) =>
        !anchors.has(link.slice(1, -1)) && anchors.has(anchor) ? `#${anchor})` : link,
      );
    writeFileSync(
      page,
      `# API of @ssekit/${name}\n\nWhat \`@ssekit/${name}\` exports, from its doc comments.\n${text}`,
    );
  }
  const list = published.map((name) => `- [@ssekit/${name}](${name}.md)`).join("\n");
  writeFileSync(
    join(docs, "api/index.md"),
    `# API\n\nThe exports of each package, made from the doc comments.\n\n${list}\n`,
  );
}
