import { SseError, type EventLog, type History, type LogStore } from "@ssekit/core";
import { LatentLog } from "./latent-log.js";
import { RemoteRecord } from "./log-contract/remote-record.js";

/** A server in this process on which many nodes keep their logs. Its answers are late, and it can go down. */
export class LatentServer {
  readonly #records = new Map<string, RemoteRecord>();
  readonly #stores: LatentStore[] = [];
  #seed: number;
  #down = false;

  constructor(seed = 1) {
    this.#seed = seed;
  }

  /** Connects one more node. */
  connect(): LogStore {
    const store = new LatentStore((key, history) => {
      let record = this.#records.get(key);
      if (record === undefined) this.#records.set(key, (record = new RemoteRecord(history)));
      const log = new LatentLog({ record, seed: this.#seed++, latency: [1, 8] });
      if (this.#down) log.goDown();
      return log;
    });
    this.#stores.push(store);
    return store;
  }

  /** Makes all logs unreachable for all nodes. Returns a function that makes them reachable again. */
  goDown(): () => void {
    this.#down = true;
    for (const log of this.#logs()) log.goDown();
    return () => {
      this.#down = false;
      for (const log of this.#logs()) log.goUp();
    };
  }

  /** Replaces all logs by empty ones. */
  loseAll(): void {
    for (const record of this.#records.values()) record.replace();
  }

  #logs(): LatentLog[] {
    return this.#stores.flatMap(({ opened }) => [...opened]);
  }
}

class LatentStore implements LogStore {
  readonly opened = new Set<LatentLog>();
  readonly #open: (key: string, history?: History) => LatentLog;
  #closed = false;

  constructor(open: (key: string, history?: History) => LatentLog) {
    this.#open = open;
  }

  get status(): EventLog["status"] {
    return this.#closed ? "closed" : "ready";
  }

  open(key: string, history?: History): EventLog {
    if (this.#closed) throw new SseError("ERR_SSE_CHANNEL_CLOSED", "The store is closed");
    const log = this.#open(key, history);
    this.opened.add(log);
    const close = log.close.bind(log);
    log.close = () => {
      this.opened.delete(log);
      return close();
    };
    return log;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.opened].map((log) => log.close()));
  }
}
