// Clients of faults-server.mjs: `node faults-clients.mjs '{"port":1,"count":1}'`. They read until they are told to pause.
import { connect } from "node:net";

const { port, count, paused } = JSON.parse(process.argv[2] ?? "{}");
/** @type {import("node:net").Socket[]} */
const sockets = [];
let answered = 0;
let open = 0;

function next() {
  if (sockets.length >= count) return;
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n`);
  open++;
  socket.once("data", () => {
    if (paused) socket.pause();
    else socket.resume();
    answered++;
    open--;
    while (open < 1_000 && sockets.length < count) next();
    if (answered === count) process.send?.("connected");
  });
  socket.on("error", () => {});
}

process.on("message", () => sockets.forEach((socket) => socket.resume()));
setTimeout(() => process.send?.("late"), 30_000);
for (let i = 0; i < Math.min(count, 1_000); i++) next();
