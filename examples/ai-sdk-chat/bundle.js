// @ts-check
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Bundles the page's script. The AI SDK consists of several packages, and browsers cannot load all of them as they are. */
export async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: [fileOf("page.js")],
    inject: [fileOf("zod-without-eval.js")], // before the AI SDK, which makes its schemas when it is loaded
    bundle: true,
    format: "esm",
    platform: "browser",
    minify: true,
    write: false,
  });
  return outputFiles.map(({ text }) => text).join("");
}

/** @param {string} name */
function fileOf(name) {
  return fileURLToPath(new URL(`public/${name}`, import.meta.url));
}
