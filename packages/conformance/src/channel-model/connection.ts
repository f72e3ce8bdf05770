import type { EventStreamServer } from "@ssekit/core";
import { type EventStream } from "@ssekit/core";
import { within } from "../support/within.js";

/** An event block that arrived on a connection. */
export interface Block {
  event: string;
  data: string;
  id: string | undefined;
}

/** A client's connection without a network: it reads the body of a `Response`, and can stop reading. */
export class Connection {
  readonly blocks: Block[] = [];
  /** The client has cut the connection. */
  cut = false;
  /** The server has closed the connection, or did not open it. */
  over = false;
  /** The program had a reason to close the connection, so its end is not an error. */
  excused = false;
  stream!: EventStream;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #text = "";
  #stalled = false;
  #resume = (): void => {};

  async open(
    server: EventStreamServer,
    lastEventId: string | undefined,
    use: (stream: EventStream) => void,
  ): Promise<void> {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;
    const request = new Request("http://model/", { headers });
    const answer = server.respond(request, (stream) => {
      this.stream = stream;
      use(stream);
    });
    try {
      this.#reader = (await within("the head", answer)).body!.getReader();
      void this.#read();
    } catch {
      this.over = true; // the log failed before the head was sent
    }
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for (;;) {
        if (this.#stalled) await new Promise<void>((resume) => (this.#resume = resume));
        const { done, value } = await this.#reader!.read();
        if (this.cut) return;
        if (done) break;
        this.#take(decoder.decode(value, { stream: true }));
      }
    } catch {
      // The server has cut the connection.
    }
    this.over = true;
  }

  #take(text: string): void {
    const blocks = (this.#text + text).split("\n\n");
    this.#text = blocks.pop()!;
    for (const block of blocks) {
      const fields: Record<string, string> = {};
      for (const line of block.split("\n")) {
        const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line)!;
        fields[name!] = value!;
      }
      const { event = "message", data, id } = fields;
      if (data !== undefined) this.blocks.push({ event, data, id });
    }
  }

  /** The last id that the client received on this connection. */
  get lastEventId(): string | undefined {
    return this.blocks.findLast((block) => block.id !== undefined)?.id;
  }

  stall(): void {
    this.#stalled = true;
  }

  resume(): void {
    this.#stalled = false;
    this.#resume();
  }

  /** Cuts the connection as a network failure does: bytes that were not read are lost. */
  leave(): void {
    this.cut = true;
    this.resume();
    this.#reader?.cancel().catch(() => {});
  }
}
