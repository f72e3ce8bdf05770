import { existsSync } from "node:fs";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../", import.meta.url));

/** The versions of workerd that the tests run on. */
export const VERSIONS = ["2026-04-26", "2026-07-30", "2026-11-17"] as const;
export type Version = (typeof VERSIONS)[number];

/** Only the members that the tests use: the packages are installed after the type check. */
export interface Miniflare {
  readonly ready: Promise<URL>;
  dispose(): Promise<void>;
}
export interface Packages {
  readonly Miniflare: new (options: object) => Miniflare;
  readonly build: (options: object) => Promise<{ outputFiles: { text: string }[] }>;
  readonly createAdaptorServer: (options: object) => Server;
}

/** Loads the packages that only `pnpm test` installs. */
export function loadPackages(): Packages {
  const require = createRequire(`${folder}package.json`);
  return {
    ...(require("miniflare") as Pick<Packages, "Miniflare">),
    ...(require("esbuild") as Pick<Packages, "build">),
    ...(require("@hono/node-server") as Pick<Packages, "createAdaptorServer">),
  };
}

/** The path of workerd's program. */
export function programOf(version: Version): string {
  return `${folder}node_modules/workerd-${version}/bin/workerd`;
}

/** Whether everything is installed. With SSEKIT_REQUIRE_ALL=1 it is an error if not. */
export const isInstalled = ((): boolean => {
  const isHere =
    process.platform === "linux" && process.arch === "x64" && VERSIONS.map(programOf).every(existsSync);
  if (!isHere && process.env["SSEKIT_REQUIRE_ALL"] === "1") {
    throw new Error(
      "workerd for Linux on x64 is missing: pnpm --dir packages/workerd install --ignore-workspace",
    );
  }
  return isHere;
})();
