// @ts-check
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/**
 * Opens `streams` streams, shuts their server down as on a deploy, and returns what the server and the clients saw.
 *
 * @param {{ streams: number; stalled?: number; grace: number; order: "first" | "last" }} options `stalled`: how many
 *   of the clients do not read; `order`: whether `server.close()` is called first or last.
 */
export async function measureDrain({ streams, stalled = 0, grace, order }) {
  const file = fileURLToPath(new URL("drain-server.mjs", import.meta.url));
  const child = fork(file, [order, String(grace)], { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  const exited = once(child, "exit");
  const sockets = /** @type {import("node:net").Socket[]} */ ([]);
  try {
    const [{ port }] = /** @type {[{ port: number }]} */ (await once(child, "message"));
    const output = text(/** @type {import("node:stream").Readable} */ (child.stdout));
    const clients = /** @type {{ text: string; ended: boolean }[]} */ ([]);
    for (let opened = 0; opened < streams; opened += 200) {
      const batch = Array.from({ length: Math.min(200, streams - opened) }, () => {
        const client = { text: "", ended: false };
        clients.push(client);
        const socket = connect(port, "127.0.0.1");
        sockets.push(socket);
        socket.on("error", () => {});
        socket.on("end", () => (client.ended = true));
        socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
        return new Promise((resolve) => {
          socket.on("data", (chunk) => {
            client.text += chunk.toString("latin1");
            if (client.text.includes("retry: 3000\n\n")) resolve(undefined);
          });
        });
      });
      await Promise.all(batch);
    }
    for (const socket of sockets.slice(0, stalled)) socket.pause();

    const started = performance.now();
    child.kill("SIGTERM");
    const late = wait(grace + 20_000, undefined, { ref: false }).then(() => {
      throw new Error(`The server did not exit within ${grace + 20_000} ms`);
    });
    const [code] = await Promise.race([exited, late]);
    const exitMs = Math.round(performance.now() - started);
    await wait(100);
    const server = /** @type {{ open: number; ms: number }} */ (JSON.parse(await output));
    const reading = clients.slice(stalled);
    const retries = reading.map((client) =>
      Number(/retry: (\d+)\n\n(?:\r\n0\r\n\r\n)?$/.exec(client.text)?.[1]),
    );
    return { code, exitMs, server, retries, ended: reading.filter((client) => client.ended).length };
  } finally {
    for (const socket of sockets) socket.destroy();
    child.kill("SIGKILL");
    await exited;
  }
}
