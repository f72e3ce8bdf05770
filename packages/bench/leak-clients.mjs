// @ts-check
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const LIMIT = 20_000;

/** @typedef {(socket: import("node:net").Socket) => Promise<unknown>} Leave resolves when the client should leave */

/** @type {Leave} */
const atOnce = (socket) => once(socket, "connect");

/** @type {Leave} */
const beforeFirstByte = async (socket) => {
  await once(socket, "connect");
  await wait(Math.random() * 10);
};

/** @type {Leave} */
const inMidStream = (socket) => read(socket, "data:");

/** @type {Leave} */
const whileIdle = async (socket) => {
  await read(socket, "retry:");
  await wait(Math.random() * 10);
};

/** Leaves while the server waits for the client to read. @type {Leave} */
const withoutReading = async (socket) => {
  await once(socket, "connect");
  await wait(Math.random() * 20);
};

/** @type {Leave} */
const whenAnswered = (socket) => read(socket, "HTTP/1.1 204");

/**
 * @typedef {object} Kind the differences from a GET to the Express app
 * @property {"express" | "hono"} [app]
 * @property {string} [method]
 * @property {string} [headers] each line with its CRLF
 * @property {string} [body]
 * @property {string[]} [next] paths of requests that wait behind this one on the same connection
 */

const IDLE_ONES = Array.from({ length: 20 }, () => "/idle");
const BODY = "x".repeat(300_000);

/** @type {[path: string, leave: Leave, kind?: Kind][]} */
const WAYS = [
  ["/idle", atOnce],
  ["/idle", whileIdle],
  ["/idle", inMidStream],
  ["/interval", inMidStream],
  ["/interval", whileIdle],
  ["/yielding", atOnce],
  ["/yielding", inMidStream],
  ["/waiting", atOnce],
  ["/waiting", beforeFirstByte],
  ["/deaf", beforeFirstByte],
  ["/readable", beforeFirstByte],
  ["/readable", inMidStream],
  ["/flood", withoutReading],
  ["/late", atOnce],
  ["/finished", whenAnswered, { headers: "Last-Event-ID: 7~end\r\n" }],
  ["/idle", whileIdle, { method: "POST", headers: `Content-Length: ${BODY.length}\r\n`, body: BODY }],
  ["/idle", whileIdle, { app: "hono" }],
  ["/idle", whileIdle, { app: "hono", next: IDLE_ONES }],
  ["/late", beforeFirstByte, { app: "hono", next: IDLE_ONES }],
];

/**
 * Connects and leaves. Each cycle uses the next one of all ways.
 * @param {{ express: number, hono: number }} ports
 * @param {{ cycles: number, concurrency: number }} options
 */
export async function connectAndLeave(ports, { cycles, concurrency }) {
  let started = 0;
  const worker = async () => {
    while (started < cycles) await cycle(ports, started++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** @param {{ express: number, hono: number }} ports @param {number} number */
async function cycle(ports, number) {
  const [path, leave, kind = {}] = WAYS[number % WAYS.length] ?? ["/idle", atOnce];
  const { app = "express", method = "GET", headers = "", body = "", next = [] } = kind;
  const socket = connect(ports[app], "127.0.0.1");
  socket.on("error", () => {}); // the code that waits for the socket reports it
  socket.setTimeout(LIMIT, () => socket.destroy(new Error(`${path}: nothing came within ${LIMIT} ms`)));
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n${body}`);
  // Sometimes a second request waits behind the first on its connection.
  const behind = number % 46 === 0 ? [path] : next;
  socket.write(behind.map((other) => `GET ${other} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`).join(""));
  await leave(socket);
  // Most clients reset the connection. After an orderly end the port cannot be used for a minute, and there are not enough
  // ports for all clients.
  if (number % 4 === 0) socket.destroy();
  else socket.resetAndDestroy();
}

/** @param {import("node:net").Socket} socket @param {string} text */
function read(socket, text) {
  let received = "";
  return new Promise((resolve, reject) => {
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      if (received.includes(text)) resolve(undefined);
    });
    socket.on("error", reject);
    socket.on("close", () =>
      reject(new Error(`Expected ${text}, got the end after ${JSON.stringify(received)}`)),
    );
  });
}
