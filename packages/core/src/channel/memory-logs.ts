import { invalidOption } from "../check-options.js";
import { SseError } from "../sse-error.js";
import type { EventLog, History, LogStore } from "./event-log.js";
import { ExpiryQueue } from "./expiry-queue.js";
import { historyToOpen, resolveHistory, type ResolvedHistory } from "./history.js";
import { MemoryHandle } from "./memory-handle.js";
import { MemoryRecord } from "./memory-record.js";

/**
 * Creates a store of logs in the memory of one process.
 *
 * Every `open` with the same key opens the same log. The first `open` decides what the log keeps. A log is deleted when
 * nobody has it open and its history has expired: when its newest entry is older than `age`, or than `keep` for a
 * complete history.
 *
 * @param history what a log keeps that is opened without a history. Default: 10 000 events, 16 MiB, 5 minutes.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 * @example
 * ```ts
 * const feeds = createChannels({ logs: memoryLogs({ events: 1_000 }) });
 * ```
 */
export function memoryLogs(history?: History): LogStore {
  return new MemoryLogStore(resolveHistory("memoryLogs", history));
}

interface Stored {
  readonly record: MemoryRecord;
  /** Number of open handles. */
  handles: number;
}

class MemoryLogStore implements LogStore {
  readonly #history: ResolvedHistory;
  readonly #stored = new Map<string, Stored>();
  readonly #handles = new Set<MemoryHandle>();
  readonly #unused = new ExpiryQueue<string>((key) => void this.#stored.delete(key));
  #closed = false;

  constructor(history: ResolvedHistory) {
    this.#history = history;
  }

  get status(): "ready" | "closed" {
    return this.#closed ? "closed" : "ready";
  }

  open(key: string, history?: History): EventLog {
    if (typeof key !== "string") throw invalidOption("open: key", "a string", key);
    const resolved = historyToOpen(history, this.#history);
    if (this.#closed) throw new SseError("ERR_SSE_CHANNEL_CLOSED", "The store is closed: no log was opened");
    const stored = this.#find(key) ?? { record: new MemoryRecord(resolved), handles: 0 };
    this.#stored.set(key, stored);
    stored.handles++;
    const handle = new MemoryHandle(stored.record, () => {
      this.#handles.delete(handle);
      if (--stored.handles === 0) this.#keepOrForget(key, stored.record);
    });
    this.#handles.add(handle);
    return handle;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#handles].map((handle) => handle.close()));
    this.#stored.clear();
    this.#unused.clear();
  }

  #find(key: string): Stored | undefined {
    const stored = this.#stored.get(key);
    if (stored?.handles !== 0) return stored;
    // The queue may be late. A log that has expired must not be found again.
    this.#unused.delete(key);
    return hasExpired(stored.record) ? undefined : stored;
  }

  #keepOrForget(key: string, record: MemoryRecord): void {
    if (hasExpired(record)) this.#stored.delete(key);
    else this.#unused.add(key, record.expiresAt);
  }
}

function hasExpired(record: MemoryRecord): boolean {
  return record.expiresAt <= performance.now();
}
