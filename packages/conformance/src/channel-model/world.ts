import { createChannel, EventStreamServer, type Channel } from "@ssekit/core";
import { pause, within } from "../support/within.js";
import { Epoch, epochOf, positionOf } from "./epoch.js";
import { ModelClient } from "./model-client.js";
import { DOWN, ModelLog, type CreateModelLog } from "./model-log.js";
import type { Moment, Reference } from "./reference.js";
import type { Wishes } from "./wishes.js";

/** The options of a run. */
export interface Setup {
  /** Number of events that the log keeps. */
  kept: number;
  heartbeat: number | false;
  flushInterval: number | undefined;
}

/** A call of `publish` or `end`, by its number. */
interface Call {
  readonly data: string;
  /** The call was rejected, and nothing was stored. */
  failed: boolean;
  /** The id that the call returned. */
  id: string | undefined;
}

const BIG = "x".repeat(30_000);
export const TOPICS = ["a", "b"];

/**
 * A channel, its clients, and a record of all calls. Which entries are stored, and in which order, is read from the
 * log: the calls do not determine it, because messages are repeated during an outage. `verify` checks the stored
 * entries against the calls: each message is stored once for its key, and at the id that was acknowledged.
 */
export class World implements Reference {
  readonly kept: number;
  readonly epochs: Epoch[] = [];
  readonly clients: ModelClient[] = [];
  readonly errors: unknown[] = [];
  channel!: Channel;
  server!: EventStreamServer;
  log!: ModelLog;
  readonly #createLog: CreateModelLog;
  readonly #setup: Setup;
  readonly #logs: ModelLog[] = [];
  readonly #calls: Call[] = [];
  readonly #moments: Moment[] = [];
  readonly #publishing: Promise<void>[] = [];
  #isEnding = false;

  constructor(createLog: CreateModelLog, setup: Setup) {
    this.#createLog = createLog;
    this.#setup = setup;
    this.kept = setup.kept;
    this.#listen();
    this.#begin();
  }

  #listen(): void {
    const onError = (error: unknown): void => void this.errors.push(error);
    this.server = new EventStreamServer({ heartbeat: this.#setup.heartbeat, onError });
  }

  #begin(): void {
    const { kept, flushInterval } = this.#setup;
    this.log = new ModelLog(this.#createLog(kept));
    this.#logs.push(this.log);
    this.epochs.push(new Epoch(this.log.record));
    this.#isEnding = false;
    const onError = (error: unknown): void => void this.errors.push(error);
    this.channel = createChannel({
      log: this.log.log,
      onError,
      ...(flushInterval !== undefined && { flushInterval }),
    });
  }

  // --- the reference for the checks of clients

  get synchronous(): boolean {
    return this.log.synchronous;
  }

  get epoch(): Epoch {
    return this.epochs.at(-1)!;
  }

  get faults(): number {
    return sum(this.#logs.map(({ faults }) => faults));
  }

  get losses(): number {
    return sum(this.#logs.map(({ losses }) => losses));
  }

  get outages(): number {
    return sum(this.#logs.map(({ outages }) => outages));
  }

  mark(): number {
    const { epoch } = this;
    const { acknowledged } = epoch;
    return (
      this.#moments.push({ calls: this.#calls.length, epoch, stored: epoch.stored.length, acknowledged }) - 1
    );
  }

  moment(number: number): Moment {
    return this.#moments[number]!;
  }

  // --- actions

  publish(topic: string | undefined, big: boolean): void {
    const idempotencyKey = `${this.#calls.length}`;
    const data = `${idempotencyKey}${big ? ` ${BIG}` : ""}`;
    const message = { data, idempotencyKey, ...(topic !== undefined && { topic }) };
    this.#call(data, () => this.channel.publish(message));
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const data = `${this.#calls.length} is the end`;
    this.#call(data, () => this.channel.end({ event: "done", data }).then(() => undefined));
  }

  #call(data: string, publish: () => Promise<string | undefined>): void {
    const call: Call = { data, failed: false, id: undefined };
    this.#calls.push(call);
    this.#publishing.push(this.#finish(call, publish));
  }

  /** Makes a call, and repeats it as long as it is unknown whether the message was stored. */
  async #finish(call: Call, publish: () => Promise<string | undefined>): Promise<void> {
    for (let repeated = false; ; repeated = true) {
      try {
        call.id = await publish();
        if (call.id === undefined) return;
        const name = epochOf(call.id);
        this.epochs.find((epoch) => epoch.name === name)?.acknowledge(call.id);
        return;
      } catch (error) {
        if (!isUnavailable(error)) {
          call.failed = !repeated;
          return;
        }
        await this.log.reachable;
      }
    }
  }

  async connect(wishes: Wishes): Promise<void> {
    const client = new ModelClient(this, wishes);
    this.clients.push(client);
    await client.connect();
  }

  /** Replaces the log by an empty one while clients are live. */
  replace(): void {
    if (this.#isEnding) return; // a client that has received the end does not reconnect
    if (this.log.replace()) this.epochs.push(new Epoch(this.log.record));
  }

  /** Drains the server. A new server takes its place. */
  async drain(): Promise<void> {
    const { server } = this;
    this.#listen();
    for (const client of this.clients) client.excuse();
    await within("events.close()", server.close({ grace: 20, retry: [0, 0] }));
  }

  /** Closes the channel, and creates a new one with an empty log. */
  async restart(): Promise<void> {
    this.log.recover();
    await within("publishing", Promise.all(this.#publishing));
    for (const client of this.clients) client.excuse();
    await within("channel.close()", this.channel.close());
    this.#begin();
  }

  // --- the end of a run

  /** Ends all failures, and waits until every client has received everything. */
  async settle(): Promise<void> {
    this.log.recover();
    for (const topic of [undefined, ...TOPICS]) if (!this.epoch.ended) this.publish(topic, false);
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
    const unexpected = this.errors.filter((error) => !isExpected(error));
    if (unexpected.length > this.faults * (this.clients.length + 1))
      throw new Error("errors", { cause: unexpected });
    this.#verifyStored();
  }

  #verifyStored(): void {
    for (const { name, stored } of this.epochs) {
      const calls = new Set(stored.map(({ call }) => call));
      // When an entry is evicted, its key is forgotten, and a repeated message may be stored again.
      if (calls.size < stored.length && stored.length <= this.kept) throw new Error("stored twice");
      for (const { call, data } of stored) {
        if (this.#calls[call]?.data !== data) throw new Error(`stored, but not published: ${data}`);
        if (this.#calls[call].failed) throw new Error(`stored, but refused: ${data}`);
      }
      for (const { id, data } of this.#calls) {
        if (id === undefined || epochOf(id) !== name) continue;
        if (stored[positionOf(id) - 1]?.data !== data) throw new Error(`not stored at ${id}: ${data}`);
      }
    }
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.leave();
    await within("channel.close()", this.channel.close());
    await within("events.close()", this.server.close({ grace: 0 }));
  }
}

function isUnavailable(error: unknown): boolean {
  return (error as { code?: unknown }).code === "ERR_SSE_LOG_UNAVAILABLE";
}

/** Errors that a channel or a stream reports because of an outage, or of a call after the end. */
function isExpected(error: unknown): boolean {
  return (
    error === DOWN || isUnavailable(error) || (error as { code?: unknown }).code === "ERR_SSE_CHANNEL_ENDED"
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
