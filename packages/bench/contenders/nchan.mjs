// @ts-check
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

export const NGINX = "/usr/sbin/nginx";
const MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so";
/** nginx ends after this time, also if the bench is killed. */
const SECONDS = 1_200;

/** Says what is missing for this contender, or returns `undefined`. */
export function nchanIsMissing() {
  if (!existsSync("/proc/self/schedstat")) return "it needs the /proc of Linux";
  const absent = [NGINX, MODULE].find((file) => !existsSync(file));
  return absent && `${absent} does not exist; Debian has it in the packages nginx and libnginx-mod-nchan`;
}

/**
 * nginx with one worker process. An event is published with a POST on a connection that stays open. The CPU time and the
 * memory are those of the worker. The master process does nothing.
 * @returns {Promise<import("./index.mjs").Contender>}
 */
export async function nchan() {
  const folder = mkdtempSync(join(tmpdir(), "ssekit-bench-nginx-"));
  const port = await freePort();
  writeFileSync(join(folder, "nginx.conf"), configuration(folder, port));
  const nginx = spawn("timeout", [`${SECONDS}`, NGINX, "-p", folder, "-c", join(folder, "nginx.conf")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  process.on("exit", () => {
    nginx.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  // A channel that nobody has used yet has no description.
  const open = async () =>
    Number(JSON.parse((await call(agent, port, "GET")) || '{"subscribers":0}').subscribers);
  const limit = performance.now() + 10_000;
  while (!(await open().then(Number.isFinite, () => false))) {
    if (performance.now() > limit)
      throw new Error(`nginx does not answer: ${readFileSync(join(folder, "error.log"), "utf8")}`);
    await wait(20);
  }
  const worker = workerOf(Number(readFileSync(join(folder, "nginx.pid"), "utf8")));
  return {
    port,
    open,
    send: (data) => call(agent, port, "POST", JSON.stringify(data)),
    // The first field is the time on a CPU in nanoseconds, in user mode and in the kernel.
    cpu: () => Number(readFileSync(`/proc/${worker}/schedstat`, "utf8").split(" ")[0]) / 1_000,
    rss: () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${worker}/status`, "utf8"))?.[1]),
  };
}

/** @param {string} folder @param {number} port */
function configuration(folder, port) {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
    load_module ${MODULE};
    daemon off;
    ${process.getuid?.() === 0 ? "user root;" : ""}
    worker_processes 1;
    worker_rlimit_nofile 20000;
    pid ${folder}/nginx.pid;
    error_log ${folder}/error.log error;
    events { worker_connections 16384; }
    http {
      access_log off;
      keepalive_requests 1000000;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n")}
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location = / {
          nchan_subscriber eventsource;
          nchan_channel_id bench;
          nchan_subscriber_first_message newest;
        }
        location = /publish {
          nchan_publisher;
          nchan_channel_id bench;
          client_body_buffer_size 64k;
        }
      }
    }`;
}

/**
 * @param {Agent} agent @param {number} port @param {"GET" | "POST"} method @param {string} [body]
 * @returns {Promise<string>}
 */
function call(agent, port, method, body) {
  return new Promise((resolve, reject) => {
    const headers = { Accept: "text/json", "X-EventSource-Event": "tick" };
    const sent = request(
      { agent, port, host: "127.0.0.1", path: "/publish", method, headers },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part) => (text += part));
        response.on("end", () => resolve(text));
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @param {number} master */
function workerOf(master) {
  return Number(readFileSync(`/proc/${master}/task/${master}/children`, "utf8").trim().split(" ")[0]);
}
