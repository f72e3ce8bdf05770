// @ts-check
import { createServer } from "node:net";

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/**
 * The least that Node can do: no HTTP server, and one chunk of HTTP/1.1 that is made once and written to every socket.
 * @type {import("./index.mjs").CreateContender}
 */
export function socketWrite() {
  /** @type {Set<import("node:net").Socket>} */
  const sockets = new Set();
  const server = createServer({ noDelay: true }, (socket) => {
    socket.once("data", () => {
      socket.write(HEAD);
      socket.write(chunk("retry: 3000\n\n"));
      sockets.add(socket);
    });
    socket.on("error", () => {}); // `close` follows
    socket.on("close", () => sockets.delete(socket));
  });
  return {
    server,
    open: () => sockets.size,
    send(data) {
      const bytes = chunk(`event: tick\ndata: ${JSON.stringify(data)}\n\n`);
      for (const socket of sockets) socket.write(bytes);
    },
  };
}

/** @param {string} text */
function chunk(text) {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}
