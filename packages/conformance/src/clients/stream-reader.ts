import { createParser } from "eventsource-parser";
import { until, within } from "../support/within.js";

/** An event with the properties that EventSource gives it. */
export interface ReceivedEvent {
  type: string;
  data: string;
  lastEventId: string;
}

/** Reads the event stream of a response with eventsource-parser as it arrives. */
export class StreamReader {
  readonly response: Response;
  readonly events: ReceivedEvent[] = [];
  readonly comments: string[] = [];
  readonly retries: number[] = [];
  /** The text of the body so far. */
  text = "";
  /** Resolves when the body is over: `true` if it ended normally, `false` if the connection was aborted. */
  readonly ended: Promise<boolean>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(response: Response) {
    this.response = response;
    this.#reader = response.body!.getReader();
    this.ended = this.#read().then(
      () => true,
      () => false,
    );
  }

  async #read(): Promise<void> {
    let lastEventId = "";
    const parser = createParser({
      onId: (id) => (lastEventId = id),
      onEvent: ({ event, data }) => this.events.push({ type: event || "message", data, lastEventId }),
      onComment: (comment) => this.comments.push(comment),
      onRetry: (retry) => this.retries.push(retry),
    });
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      const text = decoder.decode(value, { stream: true });
      this.text += text;
      parser.feed(text);
    }
  }

  /** Waits for this number of events. */
  async take(count: number): Promise<ReceivedEvent[]> {
    await until(`${count} events`, () => this.events.length >= count);
    return this.events.slice(0, count);
  }

  /** Waits for an event with this data. */
  async untilData(data: string): Promise<void> {
    await until(`an event with data ${data}`, () => this.events.some((event) => event.data === data));
  }

  /** Waits for the end of the stream and returns all events. */
  async all(ms = 5_000): Promise<ReceivedEvent[]> {
    await within("the end of the stream", this.ended, ms);
    return this.events;
  }

  /** Waits for the end of the stream and returns the data of all events except the last one, which ends it. */
  async allData(ms?: number): Promise<string[]> {
    return (await this.all(ms)).filter((event) => event.type !== "end").map((event) => event.data);
  }

  leave(): void {
    void this.#reader.cancel().catch(() => {});
  }
}
