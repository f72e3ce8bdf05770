import { fileURLToPath } from "node:url";
import { listen } from "@ssekit/conformance";
import { loadPackages, programOf, type Version } from "./installed.js";

const source = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Bundles a module for workerd, with the sources of ssekit. */
export async function bundle(entry: string, alias: Record<string, string> = {}): Promise<string> {
  const { outputFiles } = await loadPackages().build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    external: ["cloudflare:workers", "node:util", "node:net"],
    // Modules that run in workerd have no file of their own.
    define: { "import.meta.url": '"file:///"' },
    alias: {
      ...alias,
      "@ssekit/core/adapter": source("core/src/adapter.ts"),
      "@ssekit/core": source("core/src/index.ts"),
      "@ssekit/hono": source("hono/src/index.ts"),
    },
  });
  return outputFiles[0]!.text;
}

/** A server for the tests, and how to stop it. */
export interface Started {
  readonly url: string;
  /** What the program has printed. Only of workerd. */
  readonly output: string;
  stop(): Promise<void>;
}

/** Starts workerd. The compatibility date is that of the oldest version, which all others know. */
export async function startWorkerd(
  version: Version,
  script: string,
  options: { flags?: string[] } & Record<string, unknown> = {},
): Promise<Started> {
  process.env["MINIFLARE_WORKERD_PATH"] = programOf(version);
  const { flags = [], ...rest } = options;
  let output = "";
  const miniflare = new (loadPackages().Miniflare)({
    modules: true,
    script,
    compatibilityDate: "2026-04-26",
    compatibilityFlags: flags,
    // Not shown, because workerd prints each connection that a client cuts off.
    handleRuntimeStdio: (...streams: NodeJS.ReadableStream[]) => {
      for (const stream of streams) stream.on("data", (text: unknown) => (output += String(text)));
    },
    ...rest,
  });
  const url = (await miniflare.ready).origin;
  return {
    url,
    get output() {
      return output;
    },
    stop: () => miniflare.dispose(),
  };
}

/** Starts the app on Node. */
export async function startNode(app: { fetch: unknown }): Promise<Started> {
  const server = await listen(loadPackages().createAdaptorServer({ fetch: app.fetch }));
  return {
    url: server.url,
    output: "",
    stop: async () => {
      server.cut();
      await server.close();
    },
  };
}
