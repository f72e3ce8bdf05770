import type {
  AppendOptions,
  Draft,
  EventLog,
  History,
  News,
  Peek,
  Read,
  ReadFrom,
  ReadLimit,
  Tail,
} from "./event-log.js";
import { resolveHistory } from "./history.js";
import { MemoryHandle } from "./memory-handle.js";
import { MemoryRecord } from "./memory-record.js";

// An interface and a constructor, so that the ESM and the CommonJS copy have the same type.
/**
 * An event log in the memory of one process. Its methods return values and not promises. Its entries are lost when the
 * process restarts or `close()` is called. The next log has a new epoch, so clients that reconnect get one `reset`.
 */
export interface MemoryLog extends EventLog {
  append(drafts: readonly Draft[], options?: AppendOptions): readonly string[];
  read(from: ReadFrom, max: ReadLimit): Read;
  tail(listener: (news: News) => void): Tail;
  peek(): Peek;
}

/**
 * Creates a log in memory.
 *
 * @param history what the log keeps. Default: 10 000 events, 16 MiB, 5 minutes.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 * @example
 * ```ts
 * const prices = createChannel({ log: new MemoryLog({ events: 1_000, age: 60_000 }) });
 * ```
 */
export const MemoryLog: new (history?: History) => MemoryLog = class extends MemoryHandle {
  constructor(history?: History) {
    super(new MemoryRecord(resolveHistory("MemoryLog", history)));
  }
};
