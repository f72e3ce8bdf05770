import type { ChannelSource } from "@ssekit/core";
import { pause, until } from "@ssekit/conformance";
import { EventSource } from "eventsource";
import { describe, expect, it, onTestFinished } from "vitest";
import { TestSource } from "../../conformance/src/answers-contract/answers-cluster.js";
import { startChatServer, type ChatServer } from "./support/chat-server.js";

const ENDS = ["done", "failed", "stopped", "unknown"];
// Characters of one to four bytes, line ends, and texts that look like fields.
const WORDS = ["Ünïcödé ", "🙂🙃", "data: x\n", "\n\n", " a", "id: 5\n", "\u2028", "~end", "你好"];

/** A page that reads an answer. */
class Page {
  readonly source: EventSource;
  text = "";
  readonly ends: string[] = [];
  resets = 0;

  constructor(url: string) {
    this.source = new EventSource(url);
    this.source.addEventListener("message", ({ data }) => (this.text += String(data)));
    this.source.addEventListener("reset", () => this.resets++);
    this.source.addEventListener("snapshot", ({ data }) => (this.text = String(data)));
    for (const type of ENDS) this.source.addEventListener(type, () => this.ends.push(type));
    onTestFinished(() => this.source.close());
  }

  /** Waits until EventSource has given up for good, which it does after a 204. */
  async finished(): Promise<void> {
    await until("EventSource to be closed", () => this.source.readyState === EventSource.CLOSED).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}: ${JSON.stringify([this.text, this.ends])}`);
      },
    );
  }
}

async function post({ url }: ChatServer, key: string): Promise<unknown> {
  return (await fetch(`${url}/${key}`, { method: "POST" })).json();
}

async function remove({ url }: ChatServer, key: string): Promise<unknown> {
  return (await fetch(`${url}/${key}`, { method: "DELETE" })).json();
}

async function startTestAnswer(): Promise<{ server: ChatServer; source: TestSource }> {
  const source = new TestSource();
  const server = await startChatServer(() => source.source);
  expect(await post(server, "a")).toBe(true);
  return { server, source };
}

describe("P15: EventSource", () => {
  it("gets the whole answer byte for byte, in two tabs and after a reload, and the source starts once", async () => {
    const { server, source } = await startTestAnswer();
    const first = new Page(`${server.url}/a`);
    const second = new Page(`${server.url}/a`);
    for (const word of WORDS) source.write(word);
    await until("half of the text", () => first.text === WORDS.join(""));
    first.source.close(); // a reload
    expect(await post(server, "a")).toBe(false); // and an impatient user
    const reloaded = new Page(`${server.url}/a`);
    for (const word of WORDS) source.write(word);
    source.end();
    for (const page of [second, reloaded]) {
      await page.finished();
      expect(page.text).toBe([...WORDS, ...WORDS].join(""));
      expect([page.ends, page.resets]).toEqual([["done"], 0]);
    }
    const { GET } = server.requests;
    await pause(200);
    expect(server.requests["GET"]).toBe(GET); // nobody asks again
    expect(source.starts).toBe(1);
  });

  it("continues by itself when its connection is cut in mid-answer", async () => {
    const { server, source } = await startTestAnswer();
    const page = new Page(`${server.url}/a`);
    for (let n = 0; n < 5; n++) {
      source.write(`${n} `);
      await until(`the text up to ${n}`, () => page.text.endsWith(`${n} `));
      server.cut();
      source.write(`${n}! `);
    }
    source.end();
    await page.finished();
    expect(page.text).toBe("0 0! 1 1! 2 2! 3 3! 4 4! ");
    expect([page.ends, page.resets, source.starts]).toEqual([["done"], 0, 1]);
  });

  it("is stopped from the other tab", async () => {
    const { server, source } = await startTestAnswer();
    const tabs = [new Page(`${server.url}/a`), new Page(`${server.url}/a`)];
    source.write("one ");
    for (const tab of tabs) await until("the text", () => tab.text === "one ");
    tabs[0]!.source.close();
    expect(source.signal!.aborted).toBe(false); // closing a tab is not a stop
    expect(await remove(server, "a")).toBe("stopped");
    await tabs[1]!.finished();
    expect([tabs[1]!.text, tabs[1]!.ends]).toEqual(["one ", ["stopped"]]);
    expect(source.signal!.aborted).toBe(true);
  });

  it("is told that the answer was stopped while it was reconnecting, and keeps the text", async () => {
    const { server, source } = await startTestAnswer();
    const page = new Page(`${server.url}/a`);
    source.write("one ");
    await until("the text", () => page.text === "one ");
    server.cut();
    expect(await server.answers.stop("a")).toBe("stopped");
    await page.finished();
    expect([page.text, page.ends, page.resets]).toEqual(["one ", ["stopped"], 0]);
  });

  it.each<[name: string, source: () => ChannelSource, state: string, text: string]>([
    [
      "has failed",
      () =>
        async function* () {
          yield "one ";
          throw new Error("secret");
        },
      "failed",
      "one ",
    ],
    ["never yields", () => () => new Promise<never>(() => {}), "stopped", ""],
    [
      "ignores its signal",
      () =>
        async function* () {
          yield "one ";
          for (;;) {
            await pause(5);
            if (false as boolean) yield "";
          }
        },
      "stopped",
      "one ",
    ],
  ])("is told that a source %s", async (_name, source, state, text) => {
    const server = await startChatServer(source);
    await post(server, "a");
    const page = new Page(`${server.url}/a`);
    await until("the text", () => page.text === text);
    expect(await remove(server, "a")).toBe(state); // one that has failed stays so
    await page.finished();
    expect([page.text, page.ends]).toEqual([text, [state]]);
    expect(await server.answers.state("a")).toBe(state);
  });

  it("is told that an answer is unknown, and does not ask again", async () => {
    const server = await startChatServer(() => []);
    const page = new Page(`${server.url}/a`);
    await page.finished();
    expect([page.text, page.ends]).toEqual(["", ["unknown"]]);
    expect(await post(server, "a")).toBe(true); // nothing was started by reading
  });

  it("gets the sum so far in one event with `fold`, and the rest after it", async () => {
    const source = new TestSource();
    const server = await startChatServer(() => source.source, {
      fold: (text: string = "", { data }) => text + data,
    });
    await post(server, "a");
    source.write("one ", "two ");
    const early = new Page(`${server.url}/a`);
    await until("the text", () => early.text === "one two ");
    server.cut();
    source.write("three ");
    const late = new Page(`${server.url}/a`);
    await until("the text", () => late.text === "one two three ");
    source.write("four");
    source.end();
    for (const page of [early, late]) {
      await page.finished();
      expect([page.text, page.ends, page.resets]).toEqual(["one two three four", ["done"], 0]);
    }
  });
});
