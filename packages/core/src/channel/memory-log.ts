import type { History } from "./event-log.js";
import { resolveHistory } from "./history.js";
import { MemoryHandle } from "./memory-handle.js";
import { MemoryRecord } from "./memory-record.js";

/**
 * The event log of one process, in its memory. A restart begins a new epoch. Closing it lets go of its entries.
 *
 * @example
 * ```ts
 * const prices = createChannel({ log: new MemoryLog({ events: 1_000, age: 60_000 }) });
 * ```
 */
export class MemoryLog extends MemoryHandle {
  /**
   * @param history what it keeps. Default: 10 000 events, 16 MiB, 5 minutes.
   * @throws {SseError} `ERR_SSE_INVALID_OPTION`
   */
  constructor(history?: History) {
    super(new MemoryRecord(resolveHistory(history)));
  }
}
