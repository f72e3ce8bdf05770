import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "@nats-io/transport-node";
import type { EventLog } from "@ssekit/core";
import { natsLogs, type NatsLogsOptions } from "@ssekit/nats";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { nothingUnhandled } from "../../conformance/src/support/nothing-unhandled.js";
import { startNats, type NatsServer } from "../../conformance/src/support/start-nats.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { pause, until, within } from "../../conformance/src/support/within.js";
import { FollowedLog } from "./support/followed-log.js";
import { startNode } from "./support/nats-node.js";

const invalid = (message: string): Error =>
  expect.objectContaining({
    code: "ERR_SSE_INVALID_OPTION",
    message: expect.stringContaining(message),
  }) as Error;

const append = async (log: EventLog, data: string): Promise<readonly string[]> => log.append([{ data }]);

describe("the options of natsLogs()", () => {
  const connection = { request() {}, status: () => [] } as unknown as NatsLogsOptions["connection"];
  const wrong: [options: object, message: string][] = [
    [{}, "natsLogs: connection: expected a connection of @nats-io/transport-node"],
    [{ connection, stream: "a.b" }, "natsLogs: stream: expected letters, digits, _ and -"],
    [{ connection, prefix: "" }, "natsLogs: prefix: expected letters, digits, _ and -"],
    [{ connection, timeout: 0 }, "natsLogs: timeout: expected a number of milliseconds above 0"],
    [{ connection, whenDown: "fail" }, 'natsLogs: whenDown: expected "reject" or "wait", got "fail"'],
    [{ connection, history: { events: 0 } }, "natsLogs: history.events: expected a whole number above 0"],
    [{ connection, nodes: 3 }, "natsLogs: nodes: no such option"],
    [
      { connection, maxAge: 1_000, history: { complete: true, keep: 2_000, maxBytes: 1 } },
      "natsLogs: history.keep: expected at most the maxAge of the stream, 1000, got number 2000",
    ],
  ];
  it.each(wrong)("are checked: %o", (options, message) => {
    expect(() => natsLogs(options as NatsLogsOptions)).toThrow(invalid(message));
  });
});

describe.skipIf(!systemProgram("nats-server"))("natsLogs()", { timeout: 30_000 }, () => {
  nothingUnhandled();
  let server: NatsServer;
  beforeAll(async () => void (server = await startNats()));
  afterAll(() => server.stop());

  let streams = 0;
  const node = async (options: Omit<NatsLogsOptions, "connection"> = {}) => {
    const started = await startNode(server.port, { stream: `stream-${streams++}`, ...options });
    onTestFinished(() => started.close());
    return started;
  };

  it("runs the example of the README", async () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const [, code = ""] = /^```mjs\n(.*?)^```/ms.exec(readme) ?? [];
    expect(code).toContain('"localhost:4222"');
    const file = new URL("readme-example.tmp.mjs", import.meta.url); // inside the package, so that its imports resolve
    writeFileSync(file, code.replace("localhost:4222", `127.0.0.1:${server.port}`));
    onTestFinished(() => rmSync(file));
    await within("the example", import(file.href));
    const { store } = await node({ stream: "ssekit" });
    expect(await store.open("prices").peek()).toMatchObject({ first: { event: "tick" } });
  });

  it("with whenDown wait, stores what is appended while the server is down, once and in order", async () => {
    const own = await startNats();
    onTestFinished(() => own.stop());
    const followed = await FollowedLog.start(own, { whenDown: "wait", timeout: 500 });
    await followed.publish(0);
    await own.kill("SIGTERM");
    const appended = Array.from({ length: 20 }, (_, n) => append(followed.log, String(n + 1)));
    await pause(1_500);
    await own.start();
    await within("the appends", Promise.all(appended));
    await followed.untilTold(20);
    expect(followed.data).toEqual(Array.from({ length: 21 }, (_, n) => n));
  });

  it("with whenDown wait, rejects what waits when the log is closed", async () => {
    const { store, link } = await node({ whenDown: "wait", timeout: 300 });
    const log = store.open("key");
    await log.append([{ data: "a" }]);
    link.cut();
    const appends = [append(log, "b"), pause(10).then(() => append(log, "c"))];
    const results = Promise.allSettled(appends);
    await pause(50);
    await log.close();
    const codes = (await within("the appends", results)).map(
      (result) => result.status === "rejected" && (result.reason as { code: unknown }).code,
    );
    expect(codes).toEqual(["ERR_SSE_LOG_UNAVAILABLE", "ERR_SSE_CHANNEL_CLOSED"]);
  });

  it("uses a stream that the app has created", async () => {
    const { store, connection } = await node({ stream: "created" });
    const config = {
      name: "created",
      subjects: ["events.logs.>"],
      republish: { src: "events.logs.>", dest: "events.live.>" },
      storage: "memory",
    };
    await connection.request("$JS.API.STREAM.CREATE.created", JSON.stringify(config));
    const log = store.open("key");
    const told: string[] = [];
    await log.tail((news) => told.push(...("entries" in news ? news.entries.map(({ data }) => data) : [])));
    await log.append([{ data: "a" }]);
    await until("the listener to be told", () => told.length > 0);
    expect(told).toEqual(["a"]);
    expect(await log.read("start", { events: 1, bytes: 1 })).toMatchObject({ entries: [{ data: "a" }] });
  });

  it("rejects every call if the stream lacks a setting, and says which one", async () => {
    const { store, connection } = await node({ stream: "wrong" });
    const config = { name: "wrong", subjects: ["wrong.>"], storage: "memory" };
    await connection.request("$JS.API.STREAM.CREATE.wrong", JSON.stringify(config));
    const log = store.open("key");
    const message =
      "natsLogs: the stream wrong: republish.src: expected wrong.>, as in subjects, got undefined";
    await expect(log.append([{ data: "a" }])).rejects.toThrow(invalid(message));
    await expect(log.tail(() => {})).rejects.toThrow(invalid(message));
  });

  it("reports a stream that keeps messages for a shorter time than the option says", async () => {
    const first = await node({ stream: "short", maxAge: 60_000 });
    await first.store.open("key").peek();
    const { store, errors } = await node({ stream: "short" });
    await store.open("key").peek();
    expect(errors).toEqual([invalid("max_age: expected at least 604800000 ms")]);
  });

  it("refuses a draft that is larger than the server takes, and stores the next one", async () => {
    const { store } = await node();
    const log = store.open("key");
    await expect(log.append([{ data: "x".repeat(1 << 20) }])).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_DATA",
    });
    await log.append([{ data: "y".repeat(1_000_000) }]);
    const appends = Array.from({ length: 20 }, () => append(log, "z".repeat(100_000)));
    expect(new Set(await Promise.all(appends)).size).toBe(20);
  });

  it("deletes evicted entries from the stream, and keeps those of other logs", async () => {
    const { store, connection } = await node({ stream: "trimmed", history: { events: 64 } });
    const other = store.open("other");
    await other.append([{ data: "kept" }]);
    const log = store.open("key");
    for (let n = 0; n < 300; n++) await log.append([{ data: String(n) }]);
    const messages = async (): Promise<number> => {
      const info = await connection.request("$JS.API.STREAM.INFO.trimmed");
      return info.json<{ state: { messages: number } }>().state.messages;
    };
    await pause(100);
    expect(await messages()).toBeGreaterThanOrEqual(65);
    expect(await messages()).toBeLessThan(80);
    const read = await log.read("oldest", { events: 1_000, bytes: 1 << 20 });
    expect("entries" in read && read.entries.map(({ data }) => Number(data))).toEqual(
      Array.from({ length: 64 }, (_, n) => 236 + n),
    );
    expect(await other.read("start", { events: 1, bytes: 1 })).toMatchObject({ entries: [{ data: "kept" }] });
  });

  it("notices a lost live message within two seconds, also if no other message follows", async () => {
    const [one, other] = [await node({ stream: "lossy" }), await node({ stream: "lossy" })];
    const told: string[] = [];
    await one.store
      .open("key")
      .tail((news) => told.push(...("entries" in news ? news.entries.map(({ data }) => data) : [])));
    one.lose();
    await other.store.open("key").append([{ data: "lost" }]);
    const start = performance.now();
    await until("the listener to be told", () => told.includes("lost"));
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it("does not take the time in which the process is busy for a silence of the server", async () => {
    const connection = await connect({ servers: `127.0.0.1:${server.port}` });
    const store = natsLogs({ connection, stream: `stream-${streams++}`, timeout: 300 });
    onTestFinished(async () => {
      await store.close();
      await connection.close();
    });
    const log = store.open("log");
    await append(log, "a");
    server.signal("SIGSTOP"); // so that the answer comes while the process is busy
    const answer = log.peek();
    for (let turns = 0; turns < 3; turns++) await new Promise((sent) => setImmediate(sent));
    server.signal("SIGCONT");
    for (const end = performance.now() + 600; performance.now() < end;);
    expect(await answer).toMatchObject({ first: { data: "a" } });
  });

  it("sends the server no more requests for many logs and tails than for one", async () => {
    const { store, connection } = await node({ checkInterval: 100 });
    const requests = async (): Promise<number> => {
      const before = connection.stats().outMsgs;
      await pause(1_000);
      return connection.stats().outMsgs - before;
    };
    await store.open("key").tail(() => {});
    const ofOne = await requests();
    for (let n = 0; n < 200; n++) await store.open(`key ${n % 100}`).tail(() => {});
    await pause(400);
    expect(await requests()).toBeLessThanOrEqual(ofOne + 5);
    expect(ofOne).toBeGreaterThan(2);
  });

  it("rejects at once, and does not hang, when the app has closed the connection", async () => {
    const { store, connection } = await node({ timeout: 20_000 });
    const log = store.open("key");
    await log.append([{ data: "a" }]);
    await connection.close();
    const start = performance.now();
    await expect(log.append([{ data: "b" }])).rejects.toMatchObject({ code: "ERR_SSE_LOG_UNAVAILABLE" });
    await expect(log.peek()).rejects.toMatchObject({ code: "ERR_SSE_LOG_UNAVAILABLE" });
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(store.status).toBe("down");
  });

  it("leaves the connection open when it is closed, and no subscription and consumer behind", async () => {
    const { store, connection } = await node({ stream: "left" });
    const log = store.open("key");
    await log.tail(() => {});
    await log.append([{ data: "a" }, { data: "b" }]);
    await log.read("oldest", { events: 1, bytes: 1 });
    await store.close();
    expect(connection.isClosed()).toBe(false);
    const before = connection.stats().inMsgs;
    const other = await node({ stream: "left" });
    await other.store.open("key").append([{ data: "c" }]);
    await connection.flush();
    expect(connection.stats().inMsgs).toBe(before);
    const info = await connection.request("$JS.API.STREAM.INFO.left");
    expect(info.json<{ state: object }>().state).toMatchObject({ consumer_count: 0 });
  });

  it("needs no more permissions than the README names", async () => {
    const api = "$JS.API";
    const publish = [
      "ssekit.log.>",
      `${api}.STREAM.INFO.ssekit`,
      `${api}.STREAM.CREATE.ssekit`,
      `${api}.STREAM.MSG.GET.ssekit`,
      `${api}.STREAM.PURGE.ssekit`,
      `${api}.CONSUMER.CREATE.ssekit.>`,
      `${api}.CONSUMER.MSG.NEXT.ssekit.>`,
      `${api}.CONSUMER.DELETE.ssekit.>`,
    ];
    const permissions = JSON.stringify({ publish, subscribe: ["ssekit.live.>", "_INBOX_app.>"] });
    const own = await startNats({
      config: `authorization { users = [{ user: app, password: secret, permissions: ${permissions} }] }`,
    });
    onTestFinished(() => own.stop());
    const connection = await connect({
      servers: `127.0.0.1:${own.port}`,
      user: "app",
      pass: "secret",
      inboxPrefix: "_INBOX_app",
    });
    onTestFinished(() => connection.close());
    const errors: unknown[] = [];
    const store = natsLogs({
      connection,
      history: { events: 16 },
      onError: (error) => void errors.push(error),
    });
    onTestFinished(() => store.close());
    const log = store.open("key");
    const told: string[] = [];
    await log.tail((news) => told.push(...("entries" in news ? news.entries.map(({ data }) => data) : [])));
    for (let n = 0; n < 40; n++) await log.append([{ data: String(n), idempotencyKey: String(n) }]);
    await until("the listener to be told", () => told.includes("39"));
    expect(await log.read("oldest", { events: 100, bytes: 1 << 20 })).toMatchObject({ atTail: true });
    expect(errors).toEqual([]);
  });
});
