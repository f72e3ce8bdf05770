import { createParser } from "eventsource-parser";
import { until, within } from "../support/within.js";

/** An event as EventSource hands it out. */
export interface ReceivedEvent {
  type: string;
  data: string;
  lastEventId: string;
}

/** Reads the event stream of a response with eventsource-parser, as it comes. */
export class StreamReader {
  readonly response: Response;
  readonly events: ReceivedEvent[] = [];
  readonly comments: string[] = [];
  readonly retries: number[] = [];
  /** All of the body so far. */
  text = "";
  /** When the body is over: whether it was ended, not cut. */
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

  /** Waits for so many events. */
  async take(count: number): Promise<ReceivedEvent[]> {
    await until(`${count} events`, () => this.events.length >= count);
    return this.events.slice(0, count);
  }

  /** Waits for an event with this data. */
  async untilData(data: string): Promise<void> {
    await until(`an event with data ${data}`, () => this.events.some((event) => event.data === data));
  }

  /** Waits for the end of the stream. */
  async all(ms = 5_000): Promise<ReceivedEvent[]> {
    await within("the end of the stream", this.ended, ms);
    return this.events;
  }

  /** Waits for the end of the stream; the data of all events but the one that ends it. */
  async allData(ms?: number): Promise<string[]> {
    return (await this.all(ms)).filter((event) => event.type !== "end").map((event) => event.data);
  }

  leave(): void {
    void this.#reader.cancel().catch(() => {});
  }
}
