import { createChannel, EventStreamServer, type Channel, type EventLog } from "@ssekit/core";
import type { CreateLog } from "../channel-contract/channel-app.js";
import { faultyLog } from "../faulty-log.js";
import type { LogOperation } from "../latent-log.js";
import { pause, until, within } from "../within.js";
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
  /** Its place in the log, once it is acknowledged. */
  position: number | undefined;
}

/** The life of one log. */
export interface Epoch {
  name: string | undefined;
  readonly calls: Call[];
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
  readonly #createLog: CreateLog;
  readonly #publishing: Promise<void>[] = [];
  #count = 0;

  constructor(createLog: CreateLog, synchronous: boolean, setup: Setup) {
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
    this.epochs.push({ name: undefined, calls: [] });
    const log = this.#faulty(this.#createLog({ events: kept }));
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
    return this.epoch.calls.some((call) => call.end);
  }

  // --- what can happen

  publish(topic: string | undefined, big: boolean): void {
    const data = `${this.#count++}${big ? ` ${BIG}` : ""}`;
    this.#note({ data, topic, end: false, position: undefined }, () =>
      this.channel.publish({ data, ...(topic !== undefined && { topic }) }),
    );
  }

  end(): void {
    const data = `end ${this.#count++}`;
    // Where the end is, an entry with its data says.
    this.#note({ data, topic: undefined, end: true, position: undefined }, () =>
      this.channel.end({ event: "done", data }).then(() => undefined),
    );
  }

  #note(call: Call, publish: () => Promise<string | undefined>): void {
    const epoch = this.epoch;
    epoch.calls.push(call);
    const published = publish().then(
      (id) => {
        if (id === undefined) return;
        epoch.name = epochOf(id);
        call.position = positionOf(id);
      },
      () => void epoch.calls.splice(epoch.calls.indexOf(call), 1), // it was not published
    );
    this.#publishing.push(published);
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
    for (const client of this.clients) client.resume();
    await within("events.close()", server.close({ grace: 1_000, retry: [0, 0] }));
  }

  /** The channel closes, and begins again with nothing. */
  async restart(): Promise<void> {
    this.#failing = undefined;
    await within("publishing", Promise.all(this.#publishing));
    await within("channel.close()", this.channel.close());
    this.#begin();
  }

  // --- the end of a run

  /** Lets everybody see everything. */
  async settle(): Promise<void> {
    this.#failing = undefined;
    for (const topic of [undefined, ...TOPICS]) if (!this.ended) this.publish(topic, false);
    await within("publishing", Promise.all(this.#publishing));
    for (const client of this.clients) {
      client.resume();
      await client.comeBack();
    }
    await until("all clients to have all", () => this.clients.every((client) => client.satisfied), 4_000).catch(
      () => {}, // the verification says who lacks what
    );
  }

  verify(): void {
    for (const client of this.clients) client.verify();
    if (this.errors.length > 0 && this.faults === 0) throw new Error("errors", { cause: this.errors[0] });
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
