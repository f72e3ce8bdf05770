// @ts-check
import { createServer } from "node:http";
import express from "express";

/**
 * Only the write itself. The text is made again for each stream, as `stream.send` does.
 * @type {import("./index.mjs").CreateContender}
 */
export function resWrite() {
  return bare((responses, data) => {
    for (const response of responses) response.write(block(data));
  });
}

/**
 * Only the write itself. The bytes are made once and shared by all streams.
 * @type {import("./index.mjs").CreateContender}
 */
export function resWriteOfBuffer() {
  return bare((responses, data) => {
    const bytes = Buffer.from(block(data));
    for (const response of responses) response.write(bytes);
  });
}

/** @param {unknown} data */
function block(data) {
  return `event: tick\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * @param {(responses: Set<import("express").Response>, data: unknown) => void} send
 * @returns {import("./index.mjs").Contender}
 */
function bare(send) {
  const app = express();
  /** @type {Set<import("express").Response>} */
  const responses = new Set();
  app.get("/", (_req, res) => {
    res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    res.write("retry: 3000\n\n");
    responses.add(res);
    res.on("close", () => responses.delete(res));
  });
  return { server: createServer(app), open: () => responses.size, send: (data) => send(responses, data) };
}
