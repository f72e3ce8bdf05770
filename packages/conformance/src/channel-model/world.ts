import { createChannel, EventStreamServer, type Channel, type EventLog, type MemoryLog } from "@ssekit/core";
import { faultyLog } from "../faulty-log.js";
import type { LogOperation } from "../latent-log.js";
import { pause, within } from "../support/within.js";
import { ModelClient, type Wishes } from "./model-client.js";

/** What a run begins with. */
export interface Setup {
  /** How many events the log keeps. */
  kept: number;
  heartbeat: number | false;
  flushInterval: number | undefined;
}

/** A call of `publish` or `end`. */
export interface Call {
  readonly data: string;
  readonly topic: string | undefined;
  readonly end: boolean;
  /** It was refused, or the log has failed: nothing was published. */
  failed: boolean;
  /** Its place in the log, if the call told. */
  position: number | undefined;
}

/** Makes a log that keeps so many events, and says where they are kept. */
export type CreateModelLog = (events: number) => { log: EventLog; record: MemoryLog };

/** The life of one log. */
export class Epoch {
  readonly name: string;
  readonly calls: Call[] = [];
  /** The id that was acknowledged last. */
  newest: string | undefined;
  #stored: readonly Call[] | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Does a call, and notes what becomes of it. */
  async note(call: Call, publish: () => Promise<string | undefined>): Promise<void> {
    this.calls.push(call);
    this.#stored = undefined;
    try {
      const id = await publish();
      if (id === undefined) return;
      call.position = positionOf(id);
      this.newest = id;
    } catch {
      call.failed = true;
      this.#stored = undefined;
    }
  }

  /** What was published, each at its position less one. */
  get stored(): readonly Call[] {
    return (this.#stored ??= this.calls.filter((call) => !call.failed));
  }

  /** Where the log was after so many calls. */
  positionAfter(calls: number): number {
    if (this.stored.length === this.calls.length) return calls;
    return this.calls.slice(0, calls).filter((call) => !call.failed).length;
  }
}

const BIG = "x".repeat(30_000);
export const TOPICS = ["a", "b"];

/** A channel, its clients, and a record of all that was asked of them. */
export class World {
  readonly setup: Setup;
  /** The log answers at once: more can be said about it. */
  readonly synchronous: boolean;
  readonly epochs: Epoch[] = [];
  readonly clients: ModelClient[] = [];
  faults = 0;
  readonly errors: unknown[] = [];
  channel!: Channel;
  server!: EventStreamServer;
  #failing: LogOperation | undefined;
  readonly #createLog: CreateModelLog;
  readonly #publishing: Promise<void>[] = [];
  #count = 0;

  constructor(createLog: CreateModelLog, synchronous: boolean, setup: Setup) {
    this.#createLog = createLog;
    this.synchronous = synchronous;
    this.setup = setup;
    this.#listen();
    this.#begin();
  }

  #listen(): void {
    const onError = (error: unknown): void => void this.errors.push(error);
    this.server = new EventStreamServer({ heartbeat: this.setup.heartbeat, onError });
  }

  #begin(): void {
    const { kept, flushInterval } = this.setup;
    const { log: sound, record } = this.#createLog(kept);
    const read = record.read("oldest", { events: 1, bytes: 1 }) as { cursor: string };
    this.epochs.push(new Epoch(epochOf(read.cursor)));
    const log = this.#faulty(sound);
    const onError = (error: unknown): void => void this.errors.push(error);
    this.channel = createChannel({ log, onError, ...(flushInterval !== undefined && { flushInterval }) });
  }

  #faulty(log: EventLog): EventLog {
    return faultyLog(log, (operation) => {
      if (operation !== this.#failing) return undefined;
      this.#failing = undefined;
      this.faults++;
      return () => {
        if (this.synchronous) throw new Error(`${operation} fails on purpose`);
        return pause(2).then(() => Promise.reject(new Error(`${operation} fails on purpose`)));
      };
    });
  }

  get epoch(): Epoch {
    return this.epochs.at(-1)!;
  }

  get ended(): boolean {
    return this.epoch.stored.some((call) => call.end);
  }

  // --- what can happen

  publish(topic: string | undefined, big: boolean): void {
    const data = `${this.#count++}${big ? ` ${BIG}` : ""}`;
    this.#note({ data, topic, end: false, failed: false, position: undefined }, () =>
      this.channel.publish({ data, ...(topic !== undefined && { topic }) }),
    );
  }

  end(): void {
    if (this.ended) return;
    const data = `end ${this.#count++}`;
    this.#note({ data, topic: undefined, end: true, failed: false, position: undefined }, () =>
      this.channel.end({ event: "done", data }).then(() => undefined),
    );
  }

  #note(call: Call, publish: () => Promise<string | undefined>): void {
    this.#publishing.push(this.epoch.note(call, publish));
  }

  fail(operation: LogOperation): void {
    this.#failing = operation;
  }

  async connect(wishes: Wishes): Promise<void> {
    const client = new ModelClient(this, wishes);
    this.clients.push(client);
    await client.connect();
  }

  /** The server drains; the next takes over. */
  async drain(): Promise<void> {
    const { server } = this;
    this.#listen();
    for (const client of this.clients) client.excuse();
    await within("events.close()", server.close({ grace: 20, retry: [0, 0] }));
  }

  /** The channel closes, and begins again with nothing. */
  async restart(): Promise<void> {
    await within("publishing", Promise.all(this.#publishing));
    for (const client of this.clients) client.excuse();
    await within("channel.close()", this.channel.close());
    this.#begin();
  }

  // --- the end of a run

  /** Lets everybody see everything. */
  async settle(): Promise<void> {
    this.#failing = undefined;
    for (const topic of [undefined, ...TOPICS]) if (!this.ended) this.publish(topic, false);
    await within("publishing", Promise.all(this.#publishing));
    const deadline = performance.now() + 5_000;
    do {
      for (const client of this.clients) {
        client.resume();
        await client.comeBack();
      }
      await pause(1);
    } while (performance.now() < deadline && !this.clients.every((client) => client.satisfied));
  }

  verify(): void {
    for (const client of this.clients) client.verify();
    const unexpected = this.errors.filter(
      (error) => (error as { code?: unknown }).code !== "ERR_SSE_CHANNEL_ENDED",
    );
    if (unexpected.length > this.faults * (this.clients.length + 1))
      throw new Error("errors", { cause: unexpected });
    for (const { stored } of this.epochs) {
      for (const [at, { position }] of stored.entries()) {
        if (position !== undefined && position !== at + 1)
          throw new Error(`at ${position}, not at ${at + 1}`);
      }
    }
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.leave();
    await within("channel.close()", this.channel.close());
    await within("events.close()", this.server.close({ grace: 0 }));
  }
}

export function epochOf(id: string): string {
  return id.slice(0, id.lastIndexOf("-"));
}

export function positionOf(id: string): number {
  return Number.parseInt(id.slice(id.lastIndexOf("-") + 1), 10);
}
