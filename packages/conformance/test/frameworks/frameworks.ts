/** How an app of `packages/frameworks/` is built and started, and what it cannot do. */
export interface Framework {
  /** The folder of the app, and the name of its page in `docs/frameworks/`. */
  name: string;
  /** The packages whose versions the page names. */
  versions: readonly string[];
  /** Scripts that build the app and check its types, each with its arguments. */
  build: readonly (readonly string[])[];
  /** The runtime in the app's `node_modules/` that serves it. Without it, Node does. */
  runtime?: string;
  /** The script that serves the app, and its arguments. It listens on `PORT`. */
  start: readonly string[];
  /** Its server ignores backpressure, as its page says. The test expects that, and so fails when it is mended. */
  ignoresBackpressure?: boolean;
}

const TYPES = ["node_modules/typescript/bin/tsc", "--noEmit"];

export const frameworks: readonly Framework[] = [
  {
    name: "next",
    versions: ["next"],
    build: [["node_modules/next/dist/bin/next", "build"]],
    start: ["node_modules/next/dist/bin/next", "start"],
  },
  {
    name: "nest",
    versions: ["@nestjs/core"],
    build: [["node_modules/typescript/bin/tsc"]],
    start: ["dist/probe.js"],
  },
  {
    name: "nitro",
    versions: ["nitropack", "h3"],
    build: [["node_modules/nitropack/dist/cli/index.mjs", "build"], TYPES],
    start: [".output/server/index.mjs"],
  },
  {
    name: "sveltekit",
    versions: ["@sveltejs/kit", "@sveltejs/adapter-node"],
    build: [["node_modules/vite/bin/vite.js", "build"], TYPES],
    start: ["build"],
  },
  {
    name: "react-router",
    versions: ["react-router", "@react-router/serve"],
    build: [["node_modules/@react-router/dev/bin.js", "build"], TYPES],
    start: ["node_modules/@react-router/serve/bin.js", "./build/server/index.js"],
  },
  { name: "h3", versions: ["h3"], build: [], start: ["probe.js"] },
  {
    name: "elysia",
    versions: ["elysia", "bun"],
    build: [TYPES],
    runtime: "node_modules/bun/bin/bun",
    start: ["probe.ts"],
  },
  {
    name: "astro",
    versions: ["astro", "@astrojs/node"],
    build: [["node_modules/astro/astro.js", "build"], TYPES],
    start: ["dist/server/entry.mjs"],
    ignoresBackpressure: true,
  },
];
