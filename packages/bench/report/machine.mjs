// @ts-check
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { NGINX } from "../contenders/nchan.mjs";

const DPKG_QUERY = "/usr/bin/dpkg-query";
const PACKAGES = [
  "express",
  "koa",
  "hono",
  "@hono/node-server",
  "better-sse",
  "h3",
  "fastify",
  "@fastify/sse",
];

/** What the figures depend on: the machine, the versions and the date. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    date: new Date().toISOString(),
    versions: {
      ssekit: commit(),
      node: process.version,
      ...Object.fromEntries(PACKAGES.filter(isInstalled).map((name) => [name, versionOf(name)])),
      ...nginxVersions(),
    },
  };
}

/** @param {string} name */
function versionOf(name) {
  return String(JSON.parse(readFileSync(manifestOf(name), "utf8")).version);
}

/** @param {string} name */
function isInstalled(name) {
  return existsSync(manifestOf(name));
}

/** @param {string} name */
function manifestOf(name) {
  return new URL(`../node_modules/${name}/package.json`, import.meta.url);
}

function commit() {
  try {
    const options = { cwd: new URL(".", import.meta.url), encoding: /** @type {const} */ ("utf8") };
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], options).trim();
  } catch {
    return "unknown";
  }
}

function nginxVersions() {
  const nginx = spawnSync(NGINX, ["-v"], { encoding: "utf8" });
  const nchan = spawnSync(DPKG_QUERY, ["-W", "-f=${Version}", "libnginx-mod-nchan"], { encoding: "utf8" });
  const version = /nginx\/(\S+)/.exec(nginx.stderr ?? "")?.[1];
  return { ...(version && { nginx: version }), ...(nchan.status === 0 && { nchan: nchan.stdout }) };
}
