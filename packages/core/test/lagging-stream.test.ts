import { expect, it, vi } from "vitest";
import { createChannel, EventStreamServer, type EventStream } from "@ssekit/core";

const LARGE = "x".repeat(40_000);

/** A stream whose client lags, and a function that reads everything that the stream sends. */
async function lagging(use: (stream: EventStream) => void, maxBufferedBytes = 1 << 20) {
  const server = new EventStreamServer({ heartbeat: false, maxBufferedBytes });
  const channel = createChannel();
  for (let n = 0; n < 4; n++) void channel.publish(LARGE);
  let stream!: EventStream;
  const { body } = await server.respond(new Request("http://test/"), (opened) => {
    stream = opened;
    channel.subscribe(stream, { from: "start" });
    use(stream);
  });
  return { channel, stream, read: () => new Response(body).text() };
}

it("sends 78 000 messages of the program in their order to a client that starts to read again", async () => {
  const COUNT = 78_000;
  const { channel, stream, read } = await lagging((opened) => {
    for (let n = 0; n < COUNT; n++) if (!opened.send(`${n}`)) throw new Error(`closed at ${n}`);
  }, 8 << 20);
  void channel.publish("after");
  stream.end();
  const text = await read();
  const own = [...text.matchAll(/^data: (\d+)$/gm)].map(([, n]) => Number(n));
  expect(own.length).toBe(COUNT);
  expect(own.findIndex((n, at) => n !== at)).toBe(-1);
  expect(text.indexOf("data: after")).toBeGreaterThan(text.indexOf(`data: ${COUNT - 1}`));
});

it("closes a lagging stream when the program's messages use more memory than maxBufferedBytes", async () => {
  let sent = 0;
  const heap = (): number => (
    (globalThis as { gc?(): void }).gc!(),
    process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
  );
  const before = heap();
  let after = 0;
  const { stream } = await lagging((opened) => {
    while (sent < 1_000_000 && opened.send("1")) if (++sent % 10_000 === 0) after = Math.max(after, heap());
  });
  expect(await stream.closed).toBe("slow");
  // Each message has 9 bytes, and the limit is 1 MiB.
  expect(sent).toBeGreaterThan(50_000);
  expect((after - before) / (1 << 20)).toBeLessThan(4);
});

it("does not poll for a source while a snapshot is pending", async () => {
  const server = new EventStreamServer({ heartbeat: false });
  const channel = createChannel();
  let made!: (state: string) => void;
  let sent = 0;
  const { body } = await server.respond(new Request("http://test/"), (stream) => {
    channel.subscribe(stream, { snapshot: () => new Promise((resolve) => (made = resolve)) });
    void stream
      .sendAll(
        (function* () {
          for (; sent < 40; sent++) yield LARGE;
        })(),
      )
      .then(() => stream.end());
  });
  await new Promise((turn) => setTimeout(turn, 0));
  const waiting = sent;
  const timeouts = vi.spyOn(globalThis, "setTimeout");
  for (let turn = 0; turn < 200; turn++) await new Promise((next) => setImmediate(next));
  expect(timeouts).not.toHaveBeenCalled();
  timeouts.mockRestore();
  expect([waiting < 40, sent]).toEqual([true, waiting]);
  made("state");
  const text = await new Response(body).text();
  expect(text.split(LARGE)).toHaveLength(41);
  expect(text.indexOf("event: snapshot")).toBeLessThan(text.indexOf(LARGE));
});
