import type { EventLog, LogStore } from "@ssekit/core";
import { codeOf, type Claim } from "./answer-log.js";
import { every, type Timer } from "./timer.js";

const NODES = "~nodes";
const READ_LIMIT = { events: 1_000, bytes: 1 << 20 };
// A node renews its lease three times within the lease, with some time to spare. The others read as often.
const PERIODS = 3;
const PERIOD = 0.9 / PERIODS;
// Clients of brokers wait for up to two seconds before they reconnect, and each node notices later that its log is ready.
const RECONNECT_MS = 5_000;
// A log may wait until it is ready again and then answer. If it took longer than this, there was an outage.
const OUTAGE_MS = 1_000;

/** Somebody who waits for the death of a node. */
export interface Watcher {
  /** Called when the lease of the node has run out, and again in each following period. */
  lost(): void;
  /** Called each time the node has renewed its lease. */
  renewed?(): void;
}

interface Watched {
  /** How many reads the node may be missing from. */
  readonly allowed: number;
  /** From how many reads in a row the node was missing. */
  missed: number;
  readonly watchers: Set<Watcher>;
}

/**
 * The lease of this node, which it renews while it reads sources, and the leases of the nodes that others wait for. All
 * nodes write their renewals to one log.
 *
 * A lease has run out when the node was missing from several reads in a row. So only time counts in which the log has
 * answered and this process was running: neither an outage of the log nor a frozen reader makes a node look dead. After
 * an outage, the nodes do not reach the log at the same moment, so each has time to come back.
 */
export class NodeLeases {
  readonly #logs: LogStore;
  readonly #lease: number;
  readonly #report: (error: unknown) => void;
  readonly #watched = new Map<string, Watched>();
  #id: string | undefined;
  #holders = 0;
  #log: EventLog | undefined;
  #timer: Timer | undefined;
  #isClosed = false;
  #isRenewing = false;
  #isReading = false;
  #cursor: string | undefined;
  // In milliseconds of `performance.now()`. A node that is missing before is not counted.
  #countFrom = 0;

  constructor(logs: LogStore, lease: number, report: (error: unknown) => void) {
    this.#logs = logs;
    this.#lease = lease;
    this.#report = report;
  }

  // Made late, because a Worker has no random values while its modules load.
  get #node(): string {
    return (this.#id ??= crypto.randomUUID());
  }

  /** What this node writes into the log of an answer that it starts. */
  get claim(): Claim {
    return { node: this.#node, lease: this.#lease };
  }

  /** Renews the lease of this node until the returned function is called. */
  hold(): () => void {
    if (this.#isClosed) return () => {};
    this.#run();
    if (this.#holders++ === 0) void this.#renew();
    let isHeld = true;
    return () => {
      if (isHeld) this.#holders--;
      isHeld = false;
    };
  }

  /** Calls the watcher when the node is dead. Returns a function that ends this. */
  watch({ node, lease }: Claim, watcher: Watcher): () => void {
    if (node === this.#node || this.#isClosed) return () => {};
    this.#run();
    let watched = this.#watched.get(node);
    if (watched === undefined) {
      const allowed = PERIODS * Math.max(1, Math.ceil(lease / this.#lease));
      // One read more, because the first one may follow at once.
      watched = { allowed, missed: -1, watchers: new Set() };
      this.#watched.set(node, watched);
    }
    const { watchers } = watched;
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  }

  /** Calls that were under way may still hold or watch a lease after this, in vain. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#holders = 0;
    this.#watched.clear();
    await this.#rest();
  }

  #run(): void {
    this.#log ??= this.#logs.open(NODES, { events: 10_000, bytes: READ_LIMIT.bytes, age: 4 * this.#lease });
    this.#timer ??= every(PERIOD * this.#lease, () => this.#onTime());
  }

  async #rest(): Promise<void> {
    this.#timer?.clear();
    const log = this.#log;
    this.#timer = this.#log = this.#cursor = undefined;
    await log?.close();
  }

  #onTime(): void {
    if (this.#holders > 0) void this.#renew();
    if (this.#watched.size > 0) void this.#read();
    else this.#cursor = undefined;
    if (this.#holders === 0 && this.#watched.size === 0) this.#rest().catch(this.#report);
  }

  async #renew(): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      await this.#log!.append([{ data: this.#node, control: true }]);
    } catch (error) {
      this.#failed(error);
    }
    this.#isRenewing = false;
  }

  async #read(): Promise<void> {
    if (this.#isReading) return this.#startOver(); // the log is slow, so that renewals may be late too
    this.#isReading = true;
    const startedAt = performance.now();
    try {
      const renewed = await this.#readNew(this.#log!);
      if (performance.now() - startedAt > OUTAGE_MS) this.#waitForNodes();
      if (renewed === undefined || performance.now() < this.#countFrom) this.#startOver();
      else for (const [node, watched] of this.#watched) this.#count(node, watched, renewed.has(node));
    } catch (error) {
      this.#waitForNodes();
      this.#failed(error);
    }
    this.#isReading = false;
  }

  /** The nodes that have renewed their lease since the last call. `undefined`: not known. */
  async #readNew(log: EventLog): Promise<ReadonlySet<string> | undefined> {
    const nodes = new Set<string>();
    for (let cursor = this.#cursor; ;) {
      if (cursor === undefined) {
        this.#cursor = (await log.peek()).cursor;
        return undefined;
      }
      const read = await log.read({ after: cursor }, READ_LIMIT);
      this.#cursor = cursor = read.cursor;
      if ("reset" in read) return undefined;
      for (const { data } of read.entries) nodes.add(data);
      if (read.atTail) return nodes;
    }
  }

  #count(node: string, watched: Watched, wasRenewed: boolean): void {
    // Only now, because a caller that asks for a state again and again must find what was counted before.
    if (watched.watchers.size === 0) return void this.#watched.delete(node);
    watched.missed = wasRenewed ? 0 : watched.missed + 1;
    const isLost = watched.missed >= watched.allowed;
    if (isLost) watched.missed = watched.allowed - 1; // asks again in the next period
    for (const watcher of [...watched.watchers]) {
      if (isLost) watcher.lost();
      else if (wasRenewed) watcher.renewed?.();
    }
  }

  /** Gives every node the time to reconnect, and at least a whole lease. */
  #waitForNodes(): void {
    this.#countFrom = performance.now() + Math.max(0, RECONNECT_MS - this.#lease);
    this.#startOver();
  }

  /** Gives every node a whole lease again. */
  #startOver(): void {
    for (const watched of this.#watched.values()) watched.missed = 0;
  }

  #failed(error: unknown): void {
    // An outage is reported where an answer is concerned. The log may have been closed during the call.
    const isExpected = ["ERR_SSE_LOG_UNAVAILABLE", "ERR_SSE_CHANNEL_CLOSED"].includes(codeOf(error));
    if (this.#log !== undefined && !isExpected) this.#report(error);
  }
}
