import { createRequire } from "node:module";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createAnswers } from "@ssekit/answers";
import {
  createChannel,
  createChannels,
  EventStreamServer,
  memoryLogs,
  MemoryLog,
  type Channel,
  type EventStream,
} from "@ssekit/core";
import { sse as expressSse } from "@ssekit/express";
import { sse as honoSse } from "@ssekit/hono";
import { sse as koaSse } from "@ssekit/koa";
import { open } from "@ssekit/node";
import { relay } from "@ssekit/relay";
import { readEvents } from "@ssekit/testing";
import { Hono } from "hono";
import { describe, expect, it, onTestFinished } from "vitest";
import { listen, until, within } from "@ssekit/conformance";

type Call = () => unknown;
type Wrong = [call: string, Call, message: string];

const bad = (value: unknown): never => value as never;

// Parts of messages.
const MS = "a number of milliseconds above 0 and up to 2147483647";
const MS_FROM_0 = "a number of milliseconds from 0 to 2147483647";
const COUNT = "a whole number above 0, or Infinity";
const CHANNEL =
  "history, log, serialize, schemas, flushInterval, onSubscribe, onUnsubscribe, onLag, onReset, describeError, onError";
const CHANNELS = CHANNEL.replace("log, ", "") + ", idle, max, logs";
const STREAM =
  "heartbeat, retry, headTimeout, maxAge, describeError, maxBufferedBytes, stallTimeout, once, directWrites, serialize, headers, " +
  "onOpen, onClose, onError";

const ANSWERS =
  "logs, keep, lease, maxBytes, flushInterval, fold, endData, describeError, serialize, onError";

const ANSWERS_OPTIONS: Wrong[] = [
  ["(5)", () => createAnswers(bad(5)), `createAnswers: expected an object with ${ANSWERS}, got number 5`],
  [
    "({ log })",
    () => createAnswers(bad({ log: {} })),
    "createAnswers: log: no such option; use logs, a LogStore",
  ],
  [
    "({ logs: {} })",
    () => createAnswers({ logs: bad({}) }),
    "createAnswers: logs: expected a LogStore, such as memoryLogs(), got an object (Object)",
  ],
  [
    "({ keep: Infinity })",
    () => createAnswers({ keep: Infinity }),
    `createAnswers: keep: expected ${MS}, got number Infinity`,
  ],
  ["({ lease: 0 })", () => createAnswers({ lease: 0 }), `createAnswers: lease: expected ${MS}, got number 0`],
  [
    '({ maxBytes: "1" })',
    () => createAnswers({ maxBytes: bad("1") }),
    'createAnswers: maxBytes: expected a number above 0, got "1"',
  ],
  [
    "({ flushInterval: -1 })",
    () => createAnswers({ flushInterval: -1 }),
    `createAnswers: flushInterval: expected ${MS_FROM_0}, got number -1`,
  ],
  [
    "({ fold: 5 })",
    () => createAnswers({ fold: bad(5) }),
    "createAnswers: fold: expected a function, got number 5",
  ],
  ["start(5)", () => createAnswers().start(bad(5), []), "start: key: expected a string, got number 5"],
  [
    "subscribe(5)",
    () => onStream((stream) => createAnswers().subscribe(bad(5), stream)),
    "subscribe: key: expected a string, got number 5",
  ],
  ["stop()", () => createAnswers().stop(bad(undefined)), "stop: key: expected a string, got undefined"],
  ["state(null)", () => createAnswers().state(bad(null)), "state: key: expected a string, got null"],
];

const CHANNEL_OPTIONS: Wrong[] = [
  ['("x")', () => createChannel(bad("x")), `createChannel: expected an object with ${CHANNEL}, got "x"`],
  ["(null)", () => createChannel(bad(null)), `createChannel: expected an object with ${CHANNEL}, got null`],
  [
    "([])",
    () => createChannel(bad([])),
    `createChannel: expected an object with ${CHANNEL}, got an object (Array)`,
  ],
  [
    "({ hstory })",
    () => createChannel(bad({ hstory: {} })),
    `createChannel: hstory: no such option; it takes ${CHANNEL}`,
  ],
  [
    "({ logs })",
    () => createChannel(bad({ logs: memoryLogs() })),
    "createChannel: logs: no such option; use log: logs.open(key)",
  ],
  [
    "({ history: 100 })",
    () => createChannel({ history: bad(100) }),
    "createChannel: history: expected an object such as { events: 1000 }, got number 100",
  ],
  [
    "({ history: null })",
    () => createChannel({ history: bad(null) }),
    "createChannel: history: expected an object such as { events: 1000 }, got null",
  ],
  [
    "({ history: { event: 5 } })",
    () => createChannel({ history: bad({ event: 5 }) }),
    "createChannel: history.event: no such option; it takes events, bytes, age",
  ],
  [
    '({ history: { events: "5" } })',
    () => createChannel({ history: { events: bad("5") } }),
    `createChannel: history.events: expected ${COUNT}, got "5"`,
  ],
  [
    "({ history: { complete: true } })",
    () => createChannel({ history: bad({ complete: true }) }),
    "createChannel: history.keep: expected a number above 0, got undefined",
  ],
  [
    "({ history, log })",
    () => createChannel({ history: {}, log: new MemoryLog() }),
    "createChannel: history: expected none beside log, which has its own, got an object (Object)",
  ],
  [
    "({ log: a LogStore })",
    () => createChannel({ log: bad(memoryLogs()) }),
    "createChannel: log: expected an EventLog, such as logs.open(key), got an object (MemoryLogStore)",
  ],
  [
    "({ schemas: 5 })",
    () => createChannel({ schemas: bad(5) }),
    "createChannel: schemas: expected an object, got number 5",
  ],
  [
    "({ schemas: { tick: 5 } })",
    () => createChannel({ schemas: { tick: bad(5) } }),
    "createChannel: schemas.tick: expected a Standard Schema, as of Zod, Valibot or ArkType, got number 5",
  ],
  [
    "({ schemas: { tick: {} } })",
    () => createChannel({ schemas: { tick: bad({}) } }),
    "createChannel: schemas.tick: expected a Standard Schema, as of Zod, Valibot or ArkType, got an object (Object)",
  ],
  [
    '({ serialize: "json" })',
    () => createChannel({ serialize: bad("json") }),
    'createChannel: serialize: expected a function, got "json"',
  ],
  [
    '({ flushInterval: "5" })',
    () => createChannel({ flushInterval: bad("5") }),
    `createChannel: flushInterval: expected ${MS_FROM_0}, got "5"`,
  ],
  ...["onSubscribe", "onUnsubscribe", "onLag", "onReset", "describeError", "onError"].map((hook): Wrong => [
    `({ ${hook}: true })`,
    () => createChannel({ [hook]: true }),
    `createChannel: ${hook}: expected a function, got boolean true`,
  ]),
];

const CHANNELS_OPTIONS: Wrong[] = [
  ['("x")', () => createChannels(bad("x")), `createChannels: expected an object with ${CHANNELS}, got "x"`],
  [
    '({ idle: "1m" })',
    () => createChannels({ idle: bad("1m") }),
    `createChannels: idle: expected ${MS}, got "1m"`,
  ],
  [
    "({ max: 0.5 })",
    () => createChannels({ max: 0.5 }),
    `createChannels: max: expected ${COUNT}, got number 0.5`,
  ],
  [
    "({ logs: {} })",
    () => createChannels({ logs: bad({}) }),
    "createChannels: logs: expected a LogStore, such as memoryLogs(), got an object (Object)",
  ],
  [
    "({ log })",
    () => createChannels(bad({ log: new MemoryLog() })),
    "createChannels: log: no such option; use logs, a LogStore",
  ],
  [
    "({ history: 100 })",
    () => createChannels({ history: bad(100) }),
    "createChannels: history: expected an object such as { events: 1000 }, got number 100",
  ],
  [
    "({ history: { event: 5 } })",
    () => createChannels({ history: bad({ event: 5 }) }),
    "createChannels: history.event: no such option; it takes events, bytes, age",
  ],
  [
    "({ schemas: { tick: 5 } })",
    () => createChannels({ schemas: { tick: bad(5) } }),
    "createChannels: schemas.tick: expected a Standard Schema, as of Zod, Valibot or ArkType, got number 5",
  ],
  [
    "({ onLag: 5 })",
    () => createChannels({ onLag: bad(5) }),
    "createChannels: onLag: expected a function, got number 5",
  ],
  [
    ".getOrCreate(5)",
    () => createChannels().getOrCreate(bad(5)),
    "getOrCreate: key: expected a string, got number 5",
  ],
  [
    ".close(undefined)",
    () => createChannels().close(bad(undefined)),
    "close: key: expected a string (leave it out to close all channels), got undefined",
  ],
];

const LOG_OPTIONS: Wrong[] = [
  [
    "new MemoryLog(100)",
    () => new MemoryLog(bad(100)),
    "MemoryLog: expected an object with events, bytes, age, got number 100",
  ],
  [
    "new MemoryLog({ event: 5 })",
    () => new MemoryLog(bad({ event: 5 })),
    "MemoryLog: event: no such option; it takes events, bytes, age",
  ],
  [
    'new MemoryLog({ events: "5" })',
    () => new MemoryLog({ events: bad("5") }),
    `MemoryLog: events: expected ${COUNT}, got "5"`,
  ],
  [
    "memoryLogs(null)",
    () => memoryLogs(bad(null)),
    "memoryLogs: expected an object with events, bytes, age, got null",
  ],
  [
    "memoryLogs({ event: 5 })",
    () => memoryLogs(bad({ event: 5 })),
    "memoryLogs: event: no such option; it takes events, bytes, age",
  ],
  [
    "memoryLogs({ complete: true, keep: 1 })",
    () => memoryLogs(bad({ complete: true, keep: 1 })),
    "memoryLogs: maxBytes: expected a number above 0, got undefined",
  ],
  [
    "memoryLogs({ complete: true, keep: 1, maxBytes: 1, age: 1 })",
    () => memoryLogs(bad({ complete: true, keep: 1, maxBytes: 1, age: 1 })),
    "memoryLogs: age: no such option; it takes complete, keep, maxBytes",
  ],
  ["memoryLogs().open(5)", () => memoryLogs().open(bad(5)), "open: key: expected a string, got number 5"],
  [
    'memoryLogs().open("a", 5)',
    () => memoryLogs().open("a", bad(5)),
    "open: history: expected an object such as { events: 1000 }, got number 5",
  ],
  [
    'memoryLogs().open("a", { event: 5 })',
    () => memoryLogs().open("a", bad({ event: 5 })),
    "open: history.event: no such option; it takes events, bytes, age",
  ],
];

const subscribe =
  (options: unknown): Call =>
  () =>
    onStream((stream) => createChannel().subscribe(stream, bad(options)));

const SUBSCRIBE_OPTIONS: Wrong[] = [
  ['"a"', subscribe("a"), 'subscribe: expected an object with topics, filter, from, snapshot, got "a"'],
  [
    '["a"]',
    subscribe(["a"]),
    "subscribe: expected an object with topics, filter, from, snapshot, got an object (Array)",
  ],
  ['{ topics: "a" }', subscribe({ topics: "a" }), 'subscribe: topics: expected an array of strings, got "a"'],
  ['{ topic: "a" }', subscribe({ topic: "a" }), "subscribe: topic: no such option; use topics, an array"],
  [
    "{ topics: undefined }",
    subscribe({ topics: undefined }),
    "subscribe: topics: expected an array of strings (leave it out to subscribe to all events), got undefined",
  ],
  [
    "{ from: 5 }",
    subscribe({ from: 5 }),
    'subscribe: from: expected "start", "oldest" or { after: id }, got number 5',
  ],
  ['{ filter: "x" }', subscribe({ filter: "x" }), 'subscribe: filter: expected a function, got "x"'],
  [
    "{ snapshot: {} }",
    subscribe({ snapshot: {} }),
    "subscribe: snapshot: expected a function, got an object (Object)",
  ],
];

const SERVER = `${STREAM}, maxStreams, refuse`;

/** The same for the three adapters. */
const middleware = (sse: (given: never) => unknown): Wrong[] => [
  ["5", () => sse(bad(5)), `sse: expected an object with ${SERVER}, got number 5`],
  ["null", () => sse(bad(null)), `sse: expected an object with ${SERVER}, got null`],
  ["a function", () => sse(bad(() => {})), `sse: expected an object with ${SERVER}, got a function`],
  ["{ hearbeat: 5 }", () => sse(bad({ hearbeat: 5 })), `sse: hearbeat: no such option; it takes ${SERVER}`],
  [
    '{ heartbeat: "5s" }',
    () => sse(bad({ heartbeat: "5s" })),
    `sse: heartbeat: expected ${MS}, or false, got "5s"`,
  ],
  [
    "{ toMessage }",
    () => sse(bad({ toMessage: () => "" })),
    "sse: toMessage: no such option; it is one of a single stream",
  ],
];

const SERVER_OPTIONS: Wrong[] = [
  [
    "new EventStreamServer(5)",
    () => new EventStreamServer(bad(5)),
    `EventStreamServer: expected an object with ${SERVER}, got number 5`,
  ],
  [
    "new EventStreamServer({ heartbeat: 0 })",
    () => new EventStreamServer({ heartbeat: 0 }),
    `EventStreamServer: heartbeat: expected ${MS}, or false, got number 0`,
  ],
  [
    "new EventStreamServer({ refuse: 500 })",
    () => new EventStreamServer({ refuse: bad(500) }),
    'EventStreamServer: refuse: expected "retry" or 503, got number 500',
  ],
  [
    "new EventStreamServer({ onOpen: 5 })",
    () => new EventStreamServer({ onOpen: bad(5) }),
    "EventStreamServer: onOpen: expected a function, got number 5",
  ],
  ...[5, { a: 5 }, { a: "b\r\nc: d" }, new Headers({ a: "b" }), [["a", "b"]]].map((headers): Wrong => {
    const got = headers === 5 ? "number 5" : `an object (${headers.constructor.name})`;
    return [
      `new EventStreamServer({ headers: ${got} })`,
      () => new EventStreamServer({ headers: bad(headers) }),
      `EventStreamServer: headers: expected an object of strings without CR, LF and NUL, got ${got}`,
    ];
  }),
  [
    "close(5000)",
    () => new EventStreamServer().close(bad(5000)),
    "close: expected an object with grace, retry, finishSources, got number 5000",
  ],
  [
    'close({ grace: "10s" })',
    () => new EventStreamServer().close({ grace: bad("10s") }),
    `close: grace: expected ${MS_FROM_0}, got "10s"`,
  ],
  [
    "close({ retry: 5 })",
    () => new EventStreamServer().close({ retry: bad(5) }),
    "close: retry: expected [min, max] in milliseconds, min up to max, got number 5",
  ],
  [
    "respond(undefined)",
    () => new EventStreamServer().respond(bad(undefined)),
    "respond: expected a Request, got undefined",
  ],
  [
    "respond(a context of Hono)",
    () => new EventStreamServer().respond(bad({ req: {} })),
    "respond: expected a Request, got an object (Object)",
  ],
  [
    "respond(request, source, 5)",
    () => new EventStreamServer().respond(new Request("http://test/"), ["one"], bad(5)),
    `respond: expected an object with ${STREAM}, expiresAt, toMessage, got number 5`,
  ],
];

const TO_SSE: [options: string, options_: unknown, message: string][] = [
  ["5", 5, `sse: expected an object with ${STREAM}, expiresAt, toMessage, got number 5`],
  ["null", null, `sse: expected an object with ${STREAM}, expiresAt, toMessage, got null`],
  [
    "{ hearbeat: 5 }",
    { hearbeat: 5 },
    `sse: hearbeat: no such option; it takes ${STREAM}, expiresAt, toMessage`,
  ],
  ["{ maxStreams: 5 }", { maxStreams: 5 }, "sse: maxStreams: no such option; it is one of EventStreamServer"],
  ['{ once: "yes" }', { once: "yes" }, 'sse: once: expected true or false, got "yes"'],
  [
    '{ expiresAt: "tomorrow" }',
    { expiresAt: "tomorrow" },
    'sse: expiresAt: expected a Date or milliseconds since 1970, got "tomorrow"',
  ],
];

const onExpress = (options: unknown): Promise<unknown> =>
  onNode((req, res) => {
    expressSse()(req, res, () => {
      (res as ServerResponse & { sse(source: string[], options: unknown): void }).sse(["one"], options);
    });
  });

/** As much as is needed here: this package does not have the types of Koa. */
interface KoaApp {
  use(middleware: unknown): void;
  callback(): RequestListener;
}
interface KoaContext {
  body: unknown;
  sse(source: string[], options: unknown): Promise<unknown>;
}

async function onKoa(options: unknown): Promise<unknown> {
  const Koa = createRequire(import.meta.url)("koa") as new () => KoaApp;
  const app = new Koa();
  let error: unknown;
  app.use(koaSse());
  app.use(async (ctx: KoaContext) => {
    ctx.body = "";
    await ctx.sse(["one"], options).catch((thrown: unknown) => (error = thrown));
  });
  await fetchOnce(createServer(app.callback()));
  return error;
}

async function onHono(options: unknown): Promise<unknown> {
  const app = new Hono().use(honoSse());
  let error: unknown;
  app.get("/", (c) => c.var.sse(["one"], options as object));
  app.onError((thrown, c) => ((error = thrown), c.text("", 500)));
  await (await app.request("/")).text();
  return error;
}

const OPEN = `server, source, fail, ${STREAM}, expiresAt, toMessage`;
const openWith =
  (options: unknown): Call =>
  () =>
    onNode((req, res) => open(req, res, bad(options)));

const OPEN_OPTIONS: Wrong[] = [
  [
    "nothing, and no response",
    () => onNode((req) => open(req, bad(undefined))),
    "open: res: expected a response of node:http, got undefined",
  ],
  ["5", openWith(5), `open: expected an object with ${OPEN}, got number 5`],
  ["null", openWith(null), `open: expected an object with ${OPEN}, got null`],
  ["a list", openWith(["one"]), `open: expected an object with ${OPEN}, got an object (Array)`],
  ["a function", openWith(async function* () {}), `open: expected an object with ${OPEN}, got a function`],
  ["an iterable", openWith((function* () {})()), `open: expected an object with ${OPEN}, got an object`],
  [
    "an async iterable",
    openWith((async function* () {})()),
    `open: expected an object with ${OPEN}, got an object`,
  ],
  ["{ sorce }", openWith({ sorce: [] }), `open: sorce: no such option; it takes ${OPEN}`],
  [
    "{ server: {} }",
    openWith({ server: {} }),
    "open: server: expected an EventStreamServer, got an object (Object)",
  ],
  ["{ fail: 5 }", openWith({ fail: 5 }), "open: fail: expected a function, got number 5"],
  [
    '{ retry: "5" }',
    openWith({ retry: "5" }),
    'open: retry: expected a whole number of milliseconds from 0 to 2147483647, or false, got "5"',
  ],
];

const STREAM_CALLS: Wrong[] = [
  [
    "close({ retry: 'x' })",
    () => onStream((stream) => stream.close({ retry: bad("x") })),
    'close: retry: expected a whole number of milliseconds from 0 to 2147483647, got "x"',
  ],
  [
    "close(5)",
    () => onStream((stream) => stream.close(bad(5))),
    "close: expected an object with retry, got number 5",
  ],
  [
    'sendAll(source, "x")',
    () => onStream((stream) => stream.sendAll(["one"], bad("x"))),
    'sendAll: toMessage: expected a function, got "x"',
  ],
];

const RELAY = "doneOn, forwardDone, maxEventBytes, signal";
const upstream = (): Response =>
  new Response("data: x\n\n", { headers: { "content-type": "text/event-stream" } });

const RELAY_OPTIONS: Wrong[] = [
  [
    '"[DONE]"',
    () => relay(upstream(), bad("[DONE]")),
    `relay: expected an object with ${RELAY}, got "[DONE]"`,
  ],
  ["{ done }", () => relay(upstream(), bad({ done: "x" })), `relay: done: no such option; it takes ${RELAY}`],
  [
    "{ doneOn: 5 }",
    () => relay(upstream(), { doneOn: bad(5) }),
    "relay: doneOn: expected a string or a function, got number 5",
  ],
  [
    "{ signal: 5 }",
    () => relay(upstream(), { signal: bad(5) }),
    "relay: signal: expected an AbortSignal, got number 5",
  ],
  [
    '{ maxEventBytes: "1" }',
    () => relay(upstream(), { maxEventBytes: bad("1") }),
    'relay: maxEventBytes: expected a number of bytes above 0, got "1"',
  ],
];

const READ_OPTIONS: Wrong[] = [
  [
    "2, 500",
    () => readEvents(upstream(), 2, bad(500)),
    "readEvents: expected an object with timeout, got number 500",
  ],
  [
    "2, { timout: 5 }",
    () => readEvents(upstream(), 2, bad({ timout: 5 })),
    "readEvents: timout: no such option; it takes timeout",
  ],
  [
    '2, { timeout: "x" }',
    () => readEvents(upstream(), 2, { timeout: bad("x") }),
    `readEvents: timeout: expected ${MS}, got "x"`,
  ],
  [
    '"x"',
    () => readEvents(upstream(), bad("x")),
    'readEvents: until: expected a whole number of events from 1, or a function, got "x"',
  ],
  [
    "an async function",
    () =>
      readEvents(
        upstream(),
        bad(async () => true),
      ),
    "readEvents: until: expected a function that is not async and not a generator, got one of type AsyncFunction",
  ],
];

describe.each([
  ["createAnswers", ANSWERS_OPTIONS],
  ["createChannel", CHANNEL_OPTIONS],
  ["createChannels", CHANNELS_OPTIONS],
  ["logs", LOG_OPTIONS],
  ["subscribe", SUBSCRIBE_OPTIONS],
  ["EventStreamServer", SERVER_OPTIONS],
  ["sse of Express", middleware(expressSse)],
  ["sse of Koa", middleware(koaSse)],
  ["sse of Hono", middleware(honoSse)],
  ["res.sse", TO_SSE.map(([name, given, said]): Wrong => [name, () => onExpress(given), said])],
  ["ctx.sse", TO_SSE.map(([name, given, said]): Wrong => [name, () => onKoa(given), said])],
  ["c.var.sse", TO_SSE.map(([name, given, said]): Wrong => [name, () => onHono(given), said])],
  ["open", OPEN_OPTIONS],
  ["a stream", STREAM_CALLS],
  ["relay", RELAY_OPTIONS],
  ["readEvents", READ_OPTIONS],
])("a wrong option of %s is refused in the same words", (_who, table) => {
  it.each(table)("%s", async (_call, call, message) => {
    const error = await within("the error", errorOf(call));
    expect(error).toMatchObject({ name: "SseError", code: "ERR_SSE_INVALID_OPTION", message });
  });
});

describe("a second argument, also one that forEach passes, is refused with what to write instead", () => {
  const channelOf = (errors: unknown[]): Channel =>
    createChannel({ onError: (error) => void errors.push(error) });

  it.each<[call: string, use: (stream: EventStream, channel: Channel) => unknown, message: string]>([
    [
      'stream.send("tick", data)',
      (stream) => Reflect.apply(stream.send, stream, ["tick", {}]),
      `send: expected one argument, got 2; write send({ event, data }), or sendAll(list) for a list`,
    ],
    [
      "list.forEach(stream.send, stream)",
      (stream) => ["one"].forEach(stream.send, stream),
      `send: expected one argument, got 3; write send({ event, data }), or sendAll(list) for a list`,
    ],
    [
      'stream.end("tick", data)',
      (stream) => Reflect.apply(stream.end, stream, ["tick", {}]),
      "end: expected one argument, got 2; write end({ event, data })",
    ],
    [
      'channel.publish("tick", data)',
      (_, channel) => Reflect.apply(channel.publish, channel, ["tick", {}]),
      `publish: expected one argument, got 2; write publish({ event, data }), or publishAll(list) for a list`,
    ],
    [
      'channel.publish("tick", undefined)',
      (_, channel) => Reflect.apply(channel.publish, channel, ["tick", undefined]),
      `publish: expected one argument, got 2; write publish({ event, data }), or publishAll(list) for a list`,
    ],
    [
      "list.forEach(channel.publish, channel)",
      (_, channel) => ["one"].forEach(channel.publish, channel),
      `publish: expected one argument, got 3; write publish({ event, data }), or publishAll(list) for a list`,
    ],
    [
      'channel.end("tick", data)',
      (_, channel) => Reflect.apply(channel.end, channel, ["tick", {}]),
      "end: expected one argument, got 2; write end({ event, data })",
    ],
  ])("%s", async (_call, use, message) => {
    const errors: unknown[] = [];
    const channel = channelOf(errors);
    const thrown = await errorOf(() => onStream((stream) => use(stream, channel)));
    expect(errors[0] ?? thrown).toMatchObject({ code: "ERR_SSE_INVALID_FIELD", message });
    // Nothing was published, and nothing has ended.
    expect(await channel.publish("first")).toMatch(/-1$/);
  });
});

describe("what is no message is refused as an end", () => {
  it.each(["done", 5, null, ["done"]])("stream.end(%j)", async (message) => {
    expect(await errorOf(() => onStream((stream) => stream.end(bad(message))))).toMatchObject({
      code: "ERR_SSE_INVALID_FIELD",
      message: expect.stringMatching(/^end: expected an object such as \{ event, data \}, got /),
    });
  });

  it.each([5, null, ["done"]])("channel.end(%j)", async (message) => {
    const channel = createChannel({ onError() {} });
    expect(await errorOf(() => channel.end(bad(message)))).toMatchObject({
      code: "ERR_SSE_INVALID_FIELD",
      message: expect.stringMatching(/^end: expected an object with event, data, got /),
    });
    await channel.publish("it has not ended");
  });
});

it.each([
  [{ type: "x" }, "publish: type: no such field; it takes event, data, topic, idempotencyKey"],
  [{ data: "x", id: "5" }, "publish: id: no such field; the log gives the id"],
  [{ data: "x", topics: ["a"] }, "publish: topics: no such field; use topic, a string or an array"],
  [
    { data: "x", event: "reset" },
    'publish: event: expected another name than reset, snapshot and heartbeat, which a channel uses itself, got "reset"',
  ],
])("a wrong field of publish is refused in the same words: %j", async (message, said) => {
  const channel = createChannel({ onError() {} });
  expect(await errorOf(() => channel.publish(bad(message)))).toMatchObject({
    code: "ERR_SSE_INVALID_FIELD",
    message: said,
  });
});

describe("a source that is passed along with a mistake is returned", () => {
  type Use = (source: AsyncGenerator<string>) => unknown;
  it.each<[call: string, Use]>([
    ["open(req, res, { source, retry })", (source) => openWith({ source, retry: "5" })()],
    ["open(req, undefined, { source })", (source) => onNode((req) => open(req, bad(undefined), { source }))],
    ["respond(undefined, source)", (source) => new EventStreamServer().respond(bad(undefined), source)],
    [
      "respond(request, source, 5)",
      (source) => new EventStreamServer().respond(new Request("http://test/"), source, bad(5)),
    ],
    ["sendAll(source, 5)", (source) => onStream((stream) => stream.sendAll(source, bad(5)))],
  ])("%s", async (_call, use) => {
    let returned = false;
    async function* start(): AsyncGenerator<string> {
      try {
        yield "one";
        yield "two";
      } finally {
        returned = true;
      }
    }
    const source = start();
    await source.next();
    expect(await errorOf(() => use(source))).toMatchObject({ code: "ERR_SSE_INVALID_OPTION" });
    await until("the source's end", () => returned);
  });
});

async function errorOf(call: Call): Promise<unknown> {
  try {
    const returned = await call();
    return returned instanceof Error ? returned : undefined;
  } catch (error) {
    return error;
  }
}

/** Calls with an open stream, whose client goes on as if nothing had been called. */
async function onStream(call: (stream: EventStream) => unknown): Promise<void> {
  let called: unknown;
  const server = new EventStreamServer({ heartbeat: false, onError() {} });
  const response = await server.respond(new Request("http://test/"), async (stream) => {
    called = (async () => call(stream))();
    await Promise.allSettled([called]);
    stream.send("still open");
  });
  expect(await response.text()).toContain("still open");
  await called;
}

/** The error that a handler of `node:http` throws. */
async function onNode(handler: (req: IncomingMessage, res: ServerResponse) => void): Promise<unknown> {
  let error: unknown;
  const server = createServer((req, res) => {
    try {
      handler(req, res);
    } catch (thrown) {
      error = thrown;
      res.end();
    }
  });
  await fetchOnce(server);
  return error;
}

async function fetchOnce(server: ReturnType<typeof createServer>): Promise<void> {
  const { url, cut, close } = await listen(server);
  onTestFinished(() => (cut(), close()));
  await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).text();
}
