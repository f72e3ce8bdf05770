import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pause, StreamReader, until } from "@ssekit/conformance";
import { describe, expect, it, onTestFinished } from "vitest";
import { isInstalled, VERSIONS, type Version } from "../scenarios/installed.js";
import { bundle, startWorkerd, type Started } from "../scenarios/start.js";

const worker = fileURLToPath(new URL("../../../examples/durable-object/worker.js", import.meta.url));
const script = isInstalled ? await bundle(worker) : "";

// The example examples/durable-object.
describe.skipIf(!isInstalled).each(VERSIONS)("a room in a Durable Object, on workerd %s", (version) => {
  it("sends what one request publishes to the streams of all others", async () => {
    const room = await Room.start(version);
    const readers = [await room.open(), await room.open(), await room.open()];
    await until("the streams to open", () => readers.every((reader) => reader.retries.length > 0));
    for (let n = 0; n < 20; n++) await room.send(n);
    for (const reader of readers) {
      await reader.untilData('{"n":19}');
      expect(numbersOf(reader)).toEqual(count(0, 20));
    }
    expect(room.output).not.toContain("another request");
  });

  it("P4: loses nothing when the object restarts, and its clients continue where they were", async () => {
    const room = await Room.start(version);
    for (let n = 0; n < 10; n++) await room.send(n);
    const before = await room.open();
    await before.untilData('{"n":9}');
    await room.restart();
    await before.ended;
    for (let n = 10; n < 15; n++) await room.send(n);

    const after = await room.open(before.events[4]!.lastEventId);
    await after.untilData('{"n":14}');
    expect(numbersOf(after)).toEqual(count(5, 15));
    expect(after.events.map(({ type }) => type)).not.toContain("reset");
  });

  it("P4: a client receives every event once, in order, across restarts while events are published", async () => {
    const room = await Room.start(version);
    const received: number[] = [];
    let sent = 0;
    let lastEventId: string | undefined;
    for (let round = 0; round < 3; round++) {
      const reader = await room.open(lastEventId);
      for (let n = 0; n < 20; n++) await room.send(sent++);
      await until("an event of this round", () => reader.events.length > 0);
      await room.restart();
      await reader.ended;
      received.push(...numbersOf(reader));
      lastEventId = reader.events.at(-1)!.lastEventId;
    }
    const last = await room.open(lastEventId);
    await room.send(sent++);
    await last.untilData(`{"n":${sent - 1}}`);
    expect([...received, ...numbersOf(last)]).toEqual(count(0, sent));
  });

  it("P10: frees the streams of clients that left", async () => {
    const room = await Room.start(version);
    const readers = await Promise.all(Array.from({ length: 50 }, () => room.open()));
    await room.untilOnline(50);
    for (const reader of readers) reader.leave();
    // The heartbeat of a Worker is 10 s.
    expect(await room.untilOnline(0)).toBeLessThan(22_000);
  });
});

/** One room, and the workerd that it runs on. */
class Room {
  readonly #start: () => Promise<Started>;
  #started: Started;

  private constructor(start: () => Promise<Started>, started: Started) {
    this.#start = start;
    this.#started = started;
  }

  static async start(version: Version): Promise<Room> {
    const folder = mkdtempSync(join(tmpdir(), "ssekit-rooms-"));
    const start = (): Promise<Started> =>
      startWorkerd(version, script, {
        flags: ["enable_request_signal"],
        durableObjects: { ROOMS: { className: "Room", useSQLite: true } },
        durableObjectsPersist: folder,
      });
    const room = new Room(start, await start());
    onTestFinished(async () => {
      await room.#started.stop();
      rmSync(folder, { recursive: true });
    });
    return room;
  }

  get output(): string {
    return this.#started.output;
  }

  async restart(): Promise<void> {
    await this.#started.stop();
    this.#started = await this.#start();
  }

  async open(lastEventId?: string): Promise<StreamReader> {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;
    const response = await fetch(`${this.#started.url}/rooms/lobby/events`, { headers });
    if (response.status !== 200) throw new Error(`expected 200, got ${response.status}`);
    const reader = new StreamReader(response);
    onTestFinished(() => reader.leave());
    return reader;
  }

  async send(n: number): Promise<void> {
    const body = JSON.stringify({ n });
    const response = await fetch(`${this.#started.url}/rooms/lobby/messages`, { method: "POST", body });
    if (response.status !== 201) throw new Error(`expected 201, got ${response.status}`);
  }

  /** Waits until the room has this many clients. Returns how long it took, in milliseconds. */
  async untilOnline(expected: number): Promise<number> {
    const start = performance.now();
    for (;;) {
      const response = await fetch(`${this.#started.url}/rooms/lobby/online`);
      const { online } = (await response.json()) as { online: number };
      const took = performance.now() - start;
      if (online === expected) return took;
      if (took > 25_000) throw new Error(`expected ${expected} clients after 25 s, got ${online}`);
      await pause(50);
    }
  }
}

function numbersOf(reader: StreamReader): number[] {
  return reader.events.map(({ data }) => (JSON.parse(data) as { n: number }).n);
}

function count(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, n) => from + n);
}
