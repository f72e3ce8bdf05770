import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { until } from "@ssekit/conformance";
import { createChannel, EventStreamServer, open, type EventStream } from "@ssekit/node";
import { describe, expect, it } from "vitest";
import { serve } from "./support/serve.js";

// In one piece: a response of Node's gives its socket several.
const CHUNK = "b\r\ndata: one\n\n\r\n";

describe.each(["node:http", "node:https"])("the socket of %s", (name) => {
  async function start(directWrites?: boolean) {
    const streams: EventStream[] = [];
    const events = new EventStreamServer(directWrites === undefined ? {} : { directWrites });
    const sockets: Socket[] = [];
    const served = await serve(
      (req, res) => {
        sockets.push(req.socket);
        streams.push(open(req, res, { server: events }));
      },
      { tls: name === "node:https" },
    );
    const clients = [1, 2, 3].map(() => served.connect().get("/"));
    for (const client of clients) await client.until("retry");
    await turn();
    return { ...served, streams, clients, sockets };
  }

  it.each([undefined, true])("is given whole chunks, with directWrites: %s", async (directWrites) => {
    const { writes, streams, clients } = await start(directWrites);
    streams[0]!.send("one");
    await clients[0]!.until(CHUNK);
    expect(writes).toContain(CHUNK);
  });

  it("is given none with directWrites: false", async () => {
    const { writes, streams, clients } = await start(false);
    streams[0]!.send("one");
    await clients[0]!.until(CHUNK);
    expect(writes).not.toContain(CHUNK);
  });

  it("is given one chunk for all events of a turn, and every client the same", async () => {
    const { writes, streams, clients } = await start();
    const channel = createChannel();
    for (const stream of streams) channel.subscribe(stream);
    await turn();
    const ids = await Promise.all(["one", "two"].map((data) => channel.publish({ data })));
    const text = ids.map((id, i) => `id: ${id}\ndata: ${["one", "two"][i]}\n\n`).join("");
    const chunk = `${text.length.toString(16)}\r\n${text}\r\n`;
    for (const client of clients) await client.until(chunk);
    expect(writes.filter((write) => write === chunk)).toHaveLength(clients.length);
  });

  it("is given a chunk of its own for a client that is sent less than the one before it", async () => {
    const { streams, clients } = await start();
    for (const stream of streams) stream.send("one"); // the same frame for all
    streams[0]!.send("two");
    streams[2]!.send("two");
    await turn();
    for (const stream of streams) stream.send("last");
    for (const client of clients) await client.until("last");
    const bodies = clients.map((client) => client.responses[0]!.body.slice("retry: 3000\n\n".length));
    const both = "data: one\n\ndata: two\n\ndata: last\n\n";
    expect(bodies).toEqual([both, "data: one\n\ndata: last\n\n", both]);
  });

  it("is given whole chunks again after a drain", async () => {
    const { writes, streams, clients } = await start();
    clients[0]!.socket.pause();
    streams[0]!.send("x".repeat(900_000));
    await turn();
    clients[0]!.socket.resume();
    expect(await streams[0]!.drained()).toBe(true);
    streams[0]!.send("one");
    await until("the event", () => clients[0]!.text.includes(CHUNK));
    expect(writes).toContain(CHUNK);
  });

  it("is given whole chunks again after it was corked", async () => {
    const { writes, streams, clients, sockets } = await start();
    streams[0]!.send("before");
    await clients[0]!.until("before");
    sockets[0]!.cork();
    streams[0]!.send("corked");
    await turn();
    sockets[0]!.uncork();
    await clients[0]!.until("corked");
    streams[0]!.send("one");
    await clients[0]!.until(CHUNK);
    expect(writes).toContain(CHUNK);
  });
});
