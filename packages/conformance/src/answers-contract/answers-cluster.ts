import http from "node:http";
import {
  createAnswers,
  type AnswerErrorContext,
  type Answers,
  type AnswersOptions,
  type AnswerState,
} from "@ssekit/answers";
import type { LogStore } from "@ssekit/core";
import { EventStreamServer, open } from "@ssekit/node";
import { onTestFinished } from "vitest";
import { type ReceivedEvent, StreamReader } from "../clients/stream-reader.js";
import { listen } from "../support/listen.js";
import { createGate, pause, until, within } from "../support/within.js";
import { FreezableStore } from "./freezable-store.js";

/** A store of logs under test, which many nodes share. */
export interface AnswersSubject {
  /** Makes an empty store. */
  create(): SharedStore | Promise<SharedStore>;
}

/** A store that many nodes share. */
export interface SharedStore {
  /** Connects one more node. The contract closes what it returns. */
  connect(): LogStore | Promise<LogStore>;
  /** Makes the store unreachable for all nodes. Returns a function that makes it reachable again. */
  goDown?(): (() => void | Promise<void>) | Promise<() => void | Promise<void>>;
  /** Deletes everything that is stored, as if the server had lost its data. */
  loseAll?(): void | Promise<void>;
  /** Releases the store when the test has finished. */
  close?(): void | Promise<void>;
}

/** Some nodes, each with a server of `node:http`, on one store. */
export class AnswersCluster {
  readonly nodes: readonly AnswersNode[];
  readonly store: SharedStore;

  constructor(store: SharedStore, nodes: readonly AnswersNode[]) {
    this.store = store;
    this.nodes = nodes;
  }
}

/** One node. `GET /<key>` reads an answer. */
export class AnswersNode {
  readonly answers: Answers;
  readonly errors: { error: unknown; context: AnswerErrorContext }[] = [];
  readonly events: EventStreamServer;
  url = "";
  readonly #store: FreezableStore;

  constructor(store: LogStore, options: AnswersOptions) {
    this.#store = new FreezableStore(store);
    this.events = new EventStreamServer({ heartbeat: false, retry: 50, onError: () => {} });
    this.answers = createAnswers({
      onError: (error, context) => void this.errors.push({ error, context }),
      ...options,
      logs: this.#store,
    });
  }

  async listen(): Promise<void> {
    const server = http.createServer((req, res) => {
      const key = decodeURIComponent(new URL(req.url!, "http://test").pathname.slice(1));
      const stream = open(req, res, { server: this.events });
      this.answers.subscribe(key, stream);
    });
    const listening = await listen(server);
    this.url = listening.url;
    onTestFinished(async () => {
      this.thaw();
      listening.cut();
      await within("answers.close()", this.answers.close());
      await within("events.close()", this.events.close({ grace: 0 }));
      await within("server.close()", listening.close());
      await within("store.close()", this.#store.close());
    });
  }

  /** Kills the node, or stops it until `thaw`: the others hear nothing of it, and it hears nothing of them. */
  freeze(): void {
    this.#store.freeze();
  }

  thaw(): void {
    this.#store.thaw();
  }

  /** Connects with the headers of EventSource. */
  async read(key: string, lastEventId?: string, query = ""): Promise<AnswerReader> {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;
    const url = `${this.url}/${encodeURIComponent(key)}?${query}`;
    return new AnswerReader(await within("the head", fetch(url, { headers })));
  }

  /** Reads an answer to its end. */
  async readAll(key: string, lastEventId?: string): Promise<string[]> {
    const reader = await this.read(key, lastEventId);
    return brief(await reader.all(15_000));
  }
}

/** A client that reads an answer. */
export class AnswerReader extends StreamReader {
  async untilText(text: string): Promise<void> {
    await until(`the text ${text}`, () => textOf(this.events).endsWith(text)).catch((error: unknown) => {
      throw new Error(`${String(error)}; got ${JSON.stringify(brief(this.events)).slice(0, 500)}`);
    });
  }

  async finished(): Promise<string[]> {
    return brief(await this.all(15_000));
  }
}

export async function startCluster(
  subject: AnswersSubject,
  count: number,
  options: AnswersOptions = {},
): Promise<AnswersCluster> {
  const store = await subject.create();
  onTestFinished(() => store.close?.());
  const nodes: AnswersNode[] = [];
  for (let n = 0; n < count; n++) {
    const node = new AnswersNode(await store.connect(), options);
    await node.listen();
    nodes.push(node);
  }
  return new AnswersCluster(store, nodes);
}

/** A source whose items the test gives one by one. */
export class TestSource {
  starts = 0;
  /** The signal of the last start. */
  signal: AbortSignal | undefined;
  returned = false;
  #items: string[] = [];
  #wake = createGate();
  #isOver = false;
  #error: unknown;

  readonly source = ({ signal }: { signal: AbortSignal }): AsyncGenerator<string> => {
    this.starts++;
    this.signal = signal;
    return this.#generate(signal);
  };

  write(...items: string[]): void {
    this.#items.push(...items);
    this.#wake.open();
  }

  end(): void {
    this.#isOver = true;
    this.#wake.open();
  }

  fail(error: unknown): void {
    this.#error = error;
    this.end();
  }

  async *#generate(signal: AbortSignal): AsyncGenerator<string> {
    signal.addEventListener("abort", () => this.#wake.open());
    try {
      for (;;) {
        while (this.#items.length > 0) yield this.#items.shift()!;
        if (signal.aborted) return;
        if (this.#error !== undefined) throw this.#error;
        if (this.#isOver) return;
        this.#wake = createGate();
        await this.#wake.opened;
      }
    } finally {
      this.returned = true;
    }
  }
}

/** Waits until an answer is over. Returns its state. */
export async function untilOver(
  { answers }: Pick<AnswersNode, "answers">,
  key: string,
): Promise<AnswerState> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; await pause(20)) {
    const state = await answers.state(key);
    if (state !== "running") return state;
  }
  throw new Error(`The answer ${key} is not over within 10 s`);
}

/** The data of each event, or its type if it has no data; for an event with both, `type: data`. */
export function brief(events: readonly ReceivedEvent[]): string[] {
  return events.map(({ type, data }) =>
    type === "message" ? data : data === "" ? type : `${type}: ${data}`,
  );
}

/** The text of an answer: the data of all events without a type. */
export function textOf(events: readonly ReceivedEvent[]): string {
  return events
    .filter(({ type }) => type === "message")
    .map(({ data }) => data)
    .join("");
}
