/** How an app of `packages/frameworks/` is built and started, and what it cannot do. */
export interface Framework {
  /** The folder of the app, and the name of its page in `docs/frameworks/`. */
  name: string;
  /** The script that builds the app, and its arguments. */
  build?: readonly string[];
  /** The script that serves the app, and its arguments. It listens on `PORT`. */
  start: readonly string[];
  /** What does not hold, as the page says. The tests expect the failure, so that they tell when it is mended. */
  lacks?: readonly Lack[];
}

export type Lack = "backpressure";

export const frameworks: readonly Framework[] = [
  {
    name: "next",
    build: ["node_modules/next/dist/bin/next", "build"],
    start: ["node_modules/next/dist/bin/next", "start"],
  },
  {
    name: "nest",
    build: ["node_modules/typescript/bin/tsc"],
    start: ["dist/main.js"],
  },
  {
    name: "nitro",
    build: ["node_modules/nitropack/dist/cli/index.mjs", "build"],
    start: [".output/server/index.mjs"],
  },
  {
    name: "sveltekit",
    build: ["node_modules/vite/bin/vite.js", "build"],
    start: ["build"],
  },
  {
    name: "react-router",
    build: ["node_modules/@react-router/dev/bin.js", "build"],
    start: ["node_modules/@react-router/serve/bin.js", "./build/server/index.js"],
  },
  { name: "h3", start: ["probe.js"] },
];
