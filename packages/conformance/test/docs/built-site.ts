import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join, posix } from "node:path";
import { root } from "./markdown-files.js";

const dist = join(root, "docs/.vitepress/dist");

/** A page of the built site. */
export interface SitePage {
  /** Its path on the site, such as `packages/core.html`. */
  readonly path: string;
  readonly html: string;
}

/** The pages of the built site. */
export function sitePages(): SitePage[] {
  return readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".html"))
    .toSorted()
    .map((path) => ({ path, html: readFileSync(join(dist, path), "utf8") }));
}

/** What is wrong with the links of a page: to pages, files or anchors that do not exist. */
export function deadSiteLinks({ path, html }: SitePage, pages: readonly SitePage[]): string[] {
  const addresses = [...html.matchAll(/<(?:a|img|link|script)\b[^>]*?\s(?:href|src)="([^"]*)"/g)].map(
    ([, link]) => link!.replaceAll("&amp;", "&"),
  );
  return [...new Set(addresses)].flatMap((address) => {
    if (/^[a-z]+:/.test(address)) return [];
    const { pathname, hash } = new URL(address, `http://site/${path}`);
    const file = fileOf(decodeURIComponent(pathname));
    if (file === undefined) return [`${address}: no such page`];
    if (hash === "") return [];
    const target = pages.find((page) => page.path === file)?.html ?? "";
    const id = decodeURIComponent(hash.slice(1));
    return target.includes(` id="${id}"`) ? [] : [`${address}: no such anchor`];
  });
}

/** The file of the built site that an address means. */
function fileOf(pathname: string): string | undefined {
  const path = posix.normalize(pathname).slice(1);
  return [path, posix.join(path, "index.html"), `${path}.html`].find(isFile);
}

function isFile(path: string): boolean {
  return statSync(join(dist, path), { throwIfNoEntry: false })?.isFile() === true;
}

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** Serves the built site on a free port. */
export async function serveSite(): Promise<{ url: string; server: Server }> {
  const server = createServer((req, res) => {
    const file = fileOf(new URL(req.url!, "http://site").pathname);
    if (file === undefined) return void res.writeHead(404).end();
    res.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    res.end(readFileSync(join(dist, file)));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, server };
}
