import { get, type ClientRequest } from "node:http";
import { createParser } from "eventsource-parser";
import { onTestFinished } from "vitest";
import { createGate, within } from "../support/within.js";

export interface AnswerClientOptions {
  readonly port: number;
  readonly key: string;
  /** Returns the number of events after which the client destroys a connection. Default: never. */
  readonly leaveAfter?: () => number;
  /** Returns the milliseconds after which a client whose connection has closed comes back. Default: 20. */
  readonly comeBackAfter?: () => number;
}

/** An event of an answer: its data, or with a type `type: data`. */
type Brief = string;

/**
 * Reads an answer as EventSource does: reconnects with its last event ID until the server says 204, and treats every
 * other status than 200 as an error.
 */
export class AnswerClient {
  /** The events without a type, in the order of arrival. */
  readonly texts: string[] = [];
  /** All other events. */
  readonly others: Brief[] = [];
  /** What no client should see: another status, or text after the end. */
  readonly faults: string[] = [];
  connections = 0;
  /** When the first event with a type has arrived, in the milliseconds of `performance.now()`. */
  endedAt: number | undefined;
  readonly #options: AnswerClientOptions;
  readonly #finished = createGate();
  #lastEventId = "";
  #request: ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: AnswerClientOptions) {
    this.#options = options;
    onTestFinished(() => this.#end());
    this.#connect();
  }

  get text(): string {
    return this.texts.join("");
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when the client does not reconnect any more. Returns all events with a type. */
  async finished(ms: number): Promise<Brief[]> {
    const what = `the end of ${this.#options.key}`;
    await within(what, this.#finished.opened, ms).catch((error: unknown) => {
      const { connections, texts, others, faults } = this;
      throw new Error(`${String(error)}: ${JSON.stringify({ connections, texts, others, faults })}`);
    });
    return this.others;
  }

  #connect(): void {
    const { port, key, leaveAfter } = this.#options;
    this.connections++;
    const headers = {
      accept: "text/event-stream",
      ...(this.#lastEventId !== "" && { "last-event-id": this.#lastEventId }),
    };
    let left = leaveAfter?.() ?? Infinity;
    const request = get({ host: "127.0.0.1", port, path: `/${key}`, agent: false, headers }, (response) => {
      if (response.statusCode !== 200) {
        if (response.statusCode !== 204) this.faults.push(`status ${response.statusCode}`);
        return this.#end();
      }
      // What comes after the client has left is lost, as on a connection that broke.
      const parser = createParser({
        onEvent: ({ event = "", data, id = this.#lastEventId }) => {
          if (left-- <= 0) return;
          this.#lastEventId = id;
          this.#take(event, data);
          if (left === 0) request.destroy();
        },
      });
      response.setEncoding("utf8").on("data", (text: string) => parser.feed(text));
      response.on("error", () => {}); // the close event follows
    });
    this.#request = request;
    request.on("error", () => {}); // the close event follows
    request.on("close", () => {
      if (this.#isOver) return;
      this.#timer = setTimeout(() => this.#connect(), this.#options.comeBackAfter?.() ?? 20);
    });
  }

  #take(event: string, data: string): void {
    if (event === "") {
      this.texts.push(data);
      if (this.others.length > 0) this.faults.push(`text after the end: ${data}`);
      return;
    }
    this.endedAt ??= performance.now();
    this.others.push(data === "" ? event : `${event}: ${data}`);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#request?.destroy();
    this.#finished.open();
  }
}
