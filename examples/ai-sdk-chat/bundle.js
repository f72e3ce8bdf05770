// @ts-check
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Bundles the page's script. The AI SDK consists of several packages, and browsers cannot load all of them as they are. */
export async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("public/page.js", import.meta.url))],
    bundle: true,
    format: "esm",
    platform: "browser",
    minify: true,
    write: false,
  });
  return outputFiles.map(({ text }) => text).join("");
}
