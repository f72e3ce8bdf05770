// @ts-check
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const LIMIT = 20_000;

/** @typedef {(socket: import("node:net").Socket) => Promise<unknown>} Leave resolves when it is time to go */

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

/** While the server waits for it to read. @type {Leave} */
const withoutReading = async (socket) => {
  await once(socket, "connect");
  await wait(Math.random() * 20);
};

/** @type {[path: string, leave: Leave][]} */
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
];

/**
 * Connects and leaves, in all ways by turns.
 * @param {number} port
 * @param {{ cycles: number, concurrency: number }} options
 */
export async function connectAndLeave(port, { cycles, concurrency }) {
  let started = 0;
  const worker = async () => {
    while (started < cycles) await cycle(port, started++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** @param {number} port @param {number} number */
async function cycle(port, number) {
  const [path, leave] = WAYS[number % WAYS.length] ?? ["/idle", atOnce];
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}); // told of by whoever waits for the socket
  socket.setTimeout(LIMIT, () => socket.destroy(new Error(`${path}: nothing came within ${LIMIT} ms`)));
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
  // Now and then a second one waits behind the first on its connection.
  socket.write(number % 45 === 0 ? request + request : request);
  await leave(socket);
  // Mostly with a reset: after an orderly end the port rests for a minute, and there are not enough ports for all.
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
