// oxlint-disable vitest/no-standalone-expect -- run-scenarios.ts makes tests of them
import { connect, type Socket } from "node:net";
import { pause, StreamReader, until } from "@ssekit/conformance";
import { expect, onTestFinished } from "vitest";

/** A runtime on which the scenarios run. */
export interface Runtime {
  readonly url: string;
  /** Whether requests have contexts of their own, as in a Worker. */
  readonly separatesRequests: boolean;
  /** How many heartbeats it takes at most until a client that left is noticed. 0: it is noticed at once. */
  readonly heartbeatsUntilLeft: 0 | 1 | 2;
  /** Whether the body of a response can break off. Otherwise its server always writes a normal end. */
  readonly breaksOff: boolean;
}

/** A scenario, and how long it may take in all. */
export interface Scenario {
  readonly name: string;
  /** The ways to open a stream for which it runs. Default: all. */
  readonly vias?: readonly Via[];
  /** Why the scenario cannot hold on a runtime. */
  skip?(runtime: Runtime): string | undefined;
  run(client: Client): Promise<void>;
}

/** How the app opens its streams. */
export type Via = (typeof VIAS)[number];
export const VIAS = ["hono", "respond"] as const;

const EVENT_STREAM = { accept: "text/event-stream" };
const HEARTBEAT = 500; // of the app
// For the work of the machine, on top of the time that a heartbeat takes.
const SLACK = 2_500;

let keys = 0;

/** A client of the app, with a key of its own. */
export class Client {
  readonly runtime: Runtime;
  readonly #via: string;
  readonly key = `key-${keys++}`;

  constructor(runtime: Runtime, via: Via) {
    this.runtime = runtime;
    this.#via = via;
  }

  path(route: string, query: Record<string, string> = {}): string {
    return `/${this.#via}/${route}?${new URLSearchParams({ key: this.key, ...query })}`;
  }

  fetch(route: string, query: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> {
    return fetch(new URL(this.path(route, query), this.runtime.url), {
      signal: AbortSignal.timeout(20_000),
      headers: EVENT_STREAM,
      ...init,
    });
  }

  async open(route: string, headers: Record<string, string> = {}): Promise<StreamReader> {
    const response = await this.fetch(route, {}, { headers: { ...EVENT_STREAM, ...headers } });
    expect(response.status).toBe(200);
    const reader = new StreamReader(response);
    onTestFinished(() => reader.leave());
    return reader;
  }

  async json<T>(route: string, query: Record<string, string> = {}): Promise<T> {
    return (await (await this.fetch(route, query)).json()) as T;
  }

  async notes(): Promise<string[]> {
    return (await this.json<{ notes: string[] }>("notes")).notes;
  }

  async sent(): Promise<number> {
    return (await this.json<{ sent: number }>("notes")).sent;
  }

  /** Waits until the app has noted this so many times. */
  async untilNoted(note: string, times = 1, ms = 10_000): Promise<void> {
    const deadline = performance.now() + ms;
    for (;;) {
      const notes = await this.notes();
      if (notes.filter((one) => one === note).length >= times) return;
      if (performance.now() > deadline) {
        throw new Error(
          `${times} times "${note}": not within ${ms} ms. There are ${JSON.stringify(notes.slice(-20))}`,
        );
      }
      await pause(20);
    }
  }

  /** Opens a connection of its own, and waits for the first bytes. */
  connect(route: string, query: Record<string, string> = {}): Promise<Socket> {
    const { hostname, port } = new URL(this.runtime.url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(
          `GET ${this.path(route, query)} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`,
        ),
      );
      onTestFinished(() => void socket.destroy());
      socket.once("data", () => resolve(socket));
      socket.on("error", reject);
    });
  }
}

async function eventsArriveApart(client: Client): Promise<void> {
  const reader = await client.open("ticks");
  const times: number[] = [];
  for (let n = 1; n <= 5; n++) {
    await reader.take(n);
    times.push(performance.now());
  }
  for (let n = 1; n < 5; n++) expect(times[n]! - times[n - 1]!).toBeGreaterThan(100);
}

async function aTurnLeavesAtOnce(client: Client): Promise<void> {
  const reader = await client.open("turn");
  expect(await reader.allData()).toEqual(["1", "2", "3", "4", "5"]);
}

async function aLargeEventIsWhole(client: Client): Promise<void> {
  const reader = await client.open("large");
  expect((await reader.allData())[0]).toBe("é".repeat(300_000));
}

async function resumes(client: Client): Promise<void> {
  const first = await client.open("resume");
  const events = await first.take(10);
  first.leave();
  const second = await client.open("resume", { "last-event-id": events[3]!.lastEventId });
  await second.untilData("9");
  expect(second.events.map(({ data }) => data)).toEqual(["4", "5", "6", "7", "8", "9"]);
}

async function finishedStaysFinished(client: Client): Promise<void> {
  const events = await (await client.open("ended")).all();
  const { lastEventId } = events.at(-1)!;
  expect(lastEventId).toMatch(/~end$/);
  const again = await client.fetch(
    "ended",
    {},
    { headers: { ...EVENT_STREAM, "last-event-id": lastEventId } },
  );
  expect(again.status).toBe(204);
  expect(again.headers.get("cache-control")).toBe("no-store");
}

async function theSourceWaits(client: Client): Promise<void> {
  const socket = await client.connect("endless");
  socket.pause();
  const stopped = await untilConstant(() => client.sent());
  socket.resume();
  await untilAsync("the source continues", async () => (await client.sent()) > stopped + 1_000_000);
}

async function aSlowReaderIsCut(client: Client): Promise<void> {
  const socket = await client.connect("flood");
  socket.pause();
  await client.untilNoted("closed slow");
  expect(await client.notes()).toEqual(["closed slow"]); // it never held more than its limit and one message
}

async function theClientLeaves(client: Client): Promise<void> {
  const socket = await client.connect("idle");
  socket.destroy();
  const { heartbeatsUntilLeft } = client.runtime;
  await client.untilNoted("closed client", 1, heartbeatsUntilLeft * HEARTBEAT + SLACK);
  expect(await client.notes()).toContain("aborted");
}

async function manyClientsLeave(client: Client): Promise<void> {
  const heartbeat = 3_000;
  const sockets = [];
  for (let n = 0; n < 10; n++) {
    sockets.push(
      ...(await Promise.all(
        Array.from({ length: 50 }, () => client.connect("idle", { heartbeat: String(heartbeat) })),
      )),
    );
  }
  expect(await client.notes()).toHaveLength(500);
  for (const socket of sockets) socket.destroy();
  const { heartbeatsUntilLeft } = client.runtime;
  await client.untilNoted("closed client", 500, heartbeatsUntilLeft * heartbeat + SLACK);
}

async function theSourceIsReturned(client: Client): Promise<void> {
  const socket = await client.connect("source");
  socket.destroy();
  await client.untilNoted("returned", 1, 2 * HEARTBEAT + SLACK);
}

async function onceIsOnce(client: Client): Promise<void> {
  const events = await (await client.open("once")).all();
  expect(events.map(({ type }) => type)).toEqual(["start", "message", "end"]);
  const { lastEventId } = events[0]!; // as after a break
  const again = await client.fetch(
    "once",
    {},
    { headers: { ...EVENT_STREAM, "last-event-id": lastEventId } },
  );
  expect(again.status).toBe(204);
  expect((await client.notes()).filter((note) => note === "started")).toHaveLength(1);
}

async function anEarlyErrorIsTheApps(client: Client): Promise<void> {
  const response = await client.fetch("failsEarly");
  expect(response.status).toBe(404);
  expect(await response.text()).toBe("no such thing");
}

async function aCutNeverLooksComplete(client: Client): Promise<void> {
  const reader = await client.open("failsLate");
  await reader.take(1);
  expect(await reader.ended).toBe(false);
  expect(reader.events).toEqual([{ type: "message", data: "first", lastEventId: "" }]);
  expect(await client.notes()).toEqual(["error broken", "closed error"]);
}

async function othersContinue(client: Client): Promise<void> {
  const other = await client.open("idle");
  const failing = await client.open("failsInAllWays");
  await failing.ended;
  await client.json("sendToOther", { data: "still here" });
  await other.untilData("still here");
  expect(await client.notes()).toEqual(expect.arrayContaining(["error onOpen", "error source"]));
}

async function theHeadersAreThere(client: Client): Promise<void> {
  const { response } = await client.open("headers");
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example");
}

async function headHasNoBody(client: Client): Promise<void> {
  const response = await client.fetch("head", {}, { method: "HEAD" });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(await response.text()).toBe("");
  expect(await client.notes()).not.toContain("started");
}

async function aServerIsFull(client: Client): Promise<void> {
  for (let n = 0; n < 2; n++) await (await client.open("ownServer")).take(0);
  const refused = await client.open("ownServer");
  await refused.all();
  expect(refused.text).toMatch(/^retry: \d+\n\n$/);
}

async function aServerCloses(client: Client): Promise<void> {
  const readers = [await client.open("ownServer"), await client.open("ownServer")];
  await until("both are open", () => readers.every((reader) => reader.retries.length === 1));
  expect(await client.json("closeServer")).toEqual({ open: 0 });
  for (const reader of readers) {
    await reader.all();
    expect(reader.retries).toEqual([3_000, 7_000]);
  }
}

async function anotherRequestSends(client: Client): Promise<void> {
  const reader = await client.open("idle");
  for (const data of ["one", "two"]) {
    expect(await client.json("sendToOther", { data })).toEqual({ sent: true });
    await reader.untilData(data);
  }
  expect((await client.notes()).filter((note) => note.startsWith("error"))).toEqual(misused(client));
  await until("a heartbeat after it", () => reader.comments.length > 0);
}

async function anotherRequestEnds(client: Client): Promise<void> {
  const reader = await client.open("idle");
  await client.json("endOther");
  expect((await reader.all()).map(({ data }) => data)).toEqual(["bye"]);
  await client.untilNoted("closed ended");
  await client.untilNoted("aborted");
}

async function anotherRequestPublishes(client: Client): Promise<void> {
  const reader = await client.open("subscribe");
  for (const data of ["one", "two"]) {
    expect(await client.json("publish", { data })).toMatchObject({ size: 1 });
    await reader.untilData(data);
  }
  expect(reader.events.map(({ data }) => data)).toEqual(["one", "two"]);
  expect((await client.notes()).filter((note) => note.startsWith("error"))).toEqual(misused(client));
}

async function theHeartbeatIsLimited(client: Client): Promise<void> {
  if (!client.runtime.separatesRequests) return;
  const reader = await client.open("silent");
  await until("a heartbeat", () => reader.comments.length > 0, 11_000);
}

/** What is reported when another request uses a stream. */
function misused(client: Client): string[] {
  return client.runtime.separatesRequests ? ["error ERR_SSE_OTHER_REQUEST"] : [];
}

async function untilAsync(what: string, condition: () => Promise<boolean>, ms = 10_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await pause(20);
  }
}

/** Waits until a number has not changed for a second, and returns it. */
async function untilConstant(read: () => Promise<number>): Promise<number> {
  const deadline = performance.now() + 10_000;
  for (let last = -1, since = performance.now(); ; await pause(50)) {
    const now = await read();
    if (now === last && performance.now() - since > 1_000) return now;
    if (now !== last) [last, since] = [now, performance.now()];
    if (performance.now() > deadline) throw new Error(`it still grows after 10 s: ${now}`);
  }
}

function endsNormally(runtime: Runtime): string | undefined {
  return runtime.breaksOff
    ? undefined
    : "Workers: workerd 2026-04-26 and 2026-07-30 end a response normally when its body fails";
}

/** The scenarios, by the row of the matrix that they belong to. */
export const SCENARIOS: { readonly [behaviour: string]: readonly Scenario[] } = {
  "Head, headers and first block": [
    { name: "the headers of an event stream are set", run: theHeadersAreThere },
    { name: "HEAD gets the headers and starts no source", run: headHasNoBody },
  ],
  "Events arrive as they are sent": [
    { name: "events that are sent apart arrive apart", run: eventsArriveApart },
    { name: "the events of one turn arrive in order", run: aTurnLeavesAtOnce },
    { name: "a send from another request arrives, and is reported in a Worker", run: anotherRequestSends },
    { name: "an event published by another request arrives, and is reported", run: anotherRequestPublishes },
  ],
  "Clients read back what was sent": [{ name: "a large event arrives whole", run: aLargeEventIsWhole }],
  "Resume with the last event ID": [{ name: "P4: a client resumes after its last event ID", run: resumes }],
  "Finished stays finished": [
    { name: "P11: a finished stream is answered 204", run: finishedStaysFinished },
    { name: "P11: a source with once runs once", run: onceIsOnce },
    { name: "another request can end a stream", run: anotherRequestEnds },
  ],
  "Errors before the head": [
    { name: "an error before the first event is the app's", run: anEarlyErrorIsTheApps },
  ],
  "Broken off is not complete": [
    {
      name: "P14: a source that fails never looks complete",
      run: aCutNeverLooksComplete,
      skip: endsNormally,
    },
  ],
  Backpressure: [
    { name: "P7: a source waits for a client that does not read", run: theSourceWaits },
    { name: "P7: a client that does not read is cut off", run: aSlowReaderIsCut },
  ],
  "Departure is noticed": [
    { name: "P10: a client that left is noticed", run: theClientLeaves },
    { name: "P10: the source of a client that left is returned", run: theSourceIsReturned },
    { name: "P9: 500 streams whose clients left are freed", run: manyClientsLeave },
  ],
  Limits: [
    { name: "a full server refuses politely", run: aServerIsFull },
    // Only once, because it takes ten seconds.
    { name: "in a Worker the heartbeat cannot be turned off", vias: ["respond"], run: theHeartbeatIsLimited },
  ],
  "An error harms its own stream only": [
    { name: "P13: another stream continues when a hook and a source throw", run: othersContinue },
  ],
  Drain: [{ name: "P8: events.close() ends the streams of other requests", run: aServerCloses }],
};
