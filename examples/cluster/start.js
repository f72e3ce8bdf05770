// @ts-check
// Starts the cluster without Docker: redis-server, nginx and three nodes. A node that dies is started again.
import { fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const { PORT = "8080", RESTART_MS = "4000" } = process.env;

// Debian installs servers in these folders, and only root has them on PATH.
const { SERVER_FOLDERS = ["/usr/local/sbin", "/usr/sbin"].join(delimiter) } = process.env;
process.env.PATH = [process.env.PATH, SERVER_FOLDERS].join(delimiter);

for (const [program, name] of [
  ["redis-server", "Redis"],
  ["nginx", "nginx"],
]) {
  if (spawnSync(/** @type {string} */ (program), ["-v"]).error)
    fail(`${name} is not installed. Install ${program}, or use Docker: docker compose up`);
}

const names = ["a", "b", "c"];
const [redisPort, ...nodePorts] = await freePorts(1 + names.length);
const [port] = PORT === "0" ? await freePorts(1) : [Number(PORT)];
const folder = mkdtempSync(join(tmpdir(), "ssekit-cluster-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
let stopping = false;
/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();

run("redis-server", ["--bind", "127.0.0.1", "--port", `${redisPort}`, "--dir", folder, "--save", ""]);
writeFileSync(join(folder, "nginx.conf"), nginxConfig());
run("nginx", ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"]);
await Promise.all(names.map((name, index) => once(startNode(name, index), "message")));

console.log(`
A cluster of three nodes.

  In a browser:   http://127.0.0.1:${port}
  In a terminal:  curl -N http://127.0.0.1:${port}/feed

Ctrl+C stops it.`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    stopping = true;
    for (const child of children) child.kill("SIGTERM");
  });
}

/** @param {string} name @param {number} index */
function startNode(name, index) {
  const env = {
    ...process.env,
    NODE_NAME: name,
    PORT: String(nodePorts[index]),
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
  };
  const child = watch(fork(fileURLToPath(new URL("node.js", import.meta.url)), { env }));
  child.on("exit", (code, signal) => {
    if (stopping) return;
    console.log(
      `node ${name} has ended (${signal ?? code}). It is started again in ${Number(RESTART_MS) / 1000} s.`,
    );
    setTimeout(() => stopping || startNode(name, index), Number(RESTART_MS));
  });
  return child;
}

/** @param {string} program @param {string[]} args */
function run(program, args) {
  const child = watch(spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] }));
  child.on("exit", (code) => {
    if (!stopping) fail(`${program} has ended with code ${code}`);
  });
}

/** @template {import("node:child_process").ChildProcess} C @param {C} child */
function watch(child) {
  children.add(child);
  child.on("exit", () => children.delete(child));
  process.on("exit", () => child.kill("SIGTERM"));
  return child;
}

function nginxConfig() {
  /** @type {Record<string, string>} */
  const values = { LISTEN: `127.0.0.1:${port}` };
  names.forEach((name, index) => (values[`NODE_${name.toUpperCase()}`] = `127.0.0.1:${nodePorts[index]}`));
  const template = readFileSync(new URL("nginx.conf.template", import.meta.url), "utf8");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `
    daemon off;
    ${process.getuid?.() === 0 ? "user root;" : "" /* the default user cannot write to the folder */}
    pid ${folder}/nginx.pid;
    events {}
    http {
      access_log off;
      error_log stderr crit;
      ${temporary.join("\n")}
      ${template.replaceAll(/\$\{(\w+)\}/g, (_match, name) => values[name] ?? fail(`No value for ${name}`))}
    }`;
}

/** @param {number} count */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map(
    (server) => /** @type {import("node:net").AddressInfo} */ (server.address()).port,
  );
  for (const server of servers) server.close();
  return ports;
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}
