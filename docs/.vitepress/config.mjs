import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import llmstxt from "vitepress-plugin-llms";
import { anchorOf } from "../../scripts/docs/heading-anchors.mjs";

const pages = fileURLToPath(new URL("../.site/", import.meta.url));

/**
 * An entry of the sidebar, if its page exists.
 * @param {string} text
 * @param {string} page
 */
function entry(text, page) {
  return existsSync(`${pages}${page.replace(/(?:^|\/)$/, "$&index")}.md`) ? [{ text, link: `/${page}` }] : [];
}

/**
 * @param {string} text
 * @param {[text: string, page: string][]} entries
 */
function group(text, entries) {
  return { text, items: entries.flatMap(([text, page]) => entry(text, page)) };
}

export default defineConfig({
  title: "ssekit",
  description: "Server-Sent Events for the Node frameworks you already use",
  lang: "en",
  srcDir: ".site",
  cleanUrls: false,
  lastUpdated: false,
  head: [["link", { rel: "icon", href: "data:," }]], // the browser asks for no icon
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    languageAlias: { mjs: "js", cjs: "js", haproxy: "nginx" },
    anchor: { slugify: anchorOf },
    config(markdown) {
      const { image, text } = markdown.renderer.rules;
      // A line must not break within a number, such as 10 000.
      markdown.renderer.rules.text = (...args) => text(...args).replaceAll(/(?<=\d) (?=\d{3}\b)/g, "\u00A0");
      // The keyboard scrolls only what it can reach.
      markdown.renderer.rules.image = (...args) =>
        `<span class="picture" tabindex="0">${image(...args)}</span>`;
    },
  },
  vite: {
    plugins: [llmstxt({ ignoreFiles: ["contributing.md", "packages/bench.md", "examples/**"] })],
    build: { chunkSizeWarningLimit: 5_000 }, // the index of the search
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    externalLinkIcon: true,
    nav: [
      { text: "Start", link: "/getting-started" },
      { text: "Concepts", link: "/concepts" },
      { text: "Troubleshooting", link: "/troubleshooting" },
      { text: "Options", link: "/options" },
      { text: "API", link: "/api/" },
    ],
    sidebar: [
      group("Start", [
        ["What ssekit is", ""],
        ["Getting started", "getting-started"],
        ["Express", "getting-started/express"],
        ["Koa", "getting-started/koa"],
        ["Fastify", "getting-started/fastify"],
        ["Hono", "getting-started/hono"],
        ["node:http", "getting-started/node"],
        ["Response", "getting-started/fetch"],
        ["Other frameworks", "frameworks/"],
        ["Coming from another library", "migration"],
      ]),
      group("Concepts", [
        ["Streams, logs, resets, drain", "concepts"],
        ["Delivery", "delivery"],
        ["Architecture", "architecture"],
      ]),
      group("Guides", [
        ["Answers of a language model", "llm"],
        ["Feeds for each user", "feeds"],
        ["Dashboards", "dashboards"],
        ["Deploys", "deploys"],
        ["Many nodes", "scaling"],
        ["Proxies", "proxies"],
        ["Login", "auth"],
        ["CORS", "cors"],
        ["Middleware", "middleware"],
        ["Browsers", "browsers"],
        ["Testing", "testing"],
        ["Runtimes", "runtimes"],
      ]),
      group("When something is wrong", [["Troubleshooting", "troubleshooting"]]),
      group("Reference", [
        ["Options", "options"],
        ["Events and headers", "events"],
        ["Errors", "errors"],
        ["API", "api/"],
        ["Benchmarks", "benchmarks"],
      ]),
      group("Packages", [
        ["@ssekit/express", "packages/express"],
        ["@ssekit/koa", "packages/koa"],
        ["@ssekit/fastify", "packages/fastify"],
        ["@ssekit/hono", "packages/hono"],
        ["@ssekit/node", "packages/node"],
        ["@ssekit/core", "packages/core"],
        ["@ssekit/relay", "packages/relay"],
        ["@ssekit/answers", "packages/answers"],
        ["@ssekit/redis", "packages/redis"],
        ["@ssekit/nats", "packages/nats"],
        ["@ssekit/testing", "packages/testing"],
      ]),
      group("Frameworks", [
        ["Next", "frameworks/next"],
        ["Nest", "frameworks/nest"],
        ["Nitro", "frameworks/nitro"],
        ["SvelteKit", "frameworks/sveltekit"],
        ["React Router", "frameworks/react-router"],
        ["h3", "frameworks/h3"],
        ["Elysia", "frameworks/elysia"],
        ["Astro", "frameworks/astro"],
        ["Fastify", "frameworks/fastify"],
      ]),
    ],
  },
});
