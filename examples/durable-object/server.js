// @ts-check
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

// miniflare runs the Worker on this machine, as `wrangler dev` does. It is large, so it is installed apart.
const require = createRequire(new URL("../../packages/workerd/package.json", import.meta.url));
const { PORT = "3000", STORAGE = ".wrangler/rooms" } = process.env;

/** @type {any} */ let miniflare;
/** @type {any} */ let esbuild;
try {
  miniflare = require("miniflare");
  esbuild = require("esbuild");
} catch {
  console.error(
    "miniflare is missing: pnpm --dir ../../packages/workerd install --ignore-workspace --ignore-scripts",
  );
  process.exit(1);
}

const { outputFiles } = await esbuild.build({
  entryPoints: [fileURLToPath(new URL("worker.js", import.meta.url))],
  bundle: true,
  write: false,
  format: "esm",
  external: ["cloudflare:workers"],
});

// The same as in wrangler.jsonc.
const worker = new miniflare.Miniflare({
  modules: true,
  script: outputFiles[0].text,
  compatibilityDate: "2026-04-26",
  compatibilityFlags: ["enable_request_signal"],
  durableObjects: { ROOMS: { className: "Room", useSQLite: true } },
  durableObjectsPersist: resolve(STORAGE),
  host: "127.0.0.1",
  port: Number(PORT),
});
const { origin } = await worker.ready;

console.log(`
A room in a Durable Object.

  In a browser:   ${origin}
  In a terminal:  curl -N ${origin}/rooms/lobby/events
                  curl ${origin}/rooms/lobby/messages --json '{"text":"hello"}'

Ctrl+C stops it. The messages are kept.`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await worker.dispose();
    process.exit(0);
  });
}
