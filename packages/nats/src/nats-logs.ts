import { SseError, type EventLog, type History, type LogStore } from "@ssekit/core";
import { historyToOpen } from "@ssekit/core/adapter";
import { Broker } from "./broker.js";
import { keyToken } from "./key-token.js";
import { LogHandle } from "./log-handle.js";
import { LogRecord } from "./log-record.js";
import { refuseLongerThan, resolveOptions, type NatsLogsOptions, type ResolvedOptions } from "./options.js";

/**
 * Creates a store of logs in a JetStream stream. Every node that opens a log with the same key opens the same log.
 *
 * The function does no I/O. The stream is found, or created, with the first call of a log.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 * @example
 * ```ts
 * const connection = await connect({ servers: "nats://localhost:4222", maxReconnectAttempts: -1 });
 * const logs = natsLogs({ connection });
 * const prices = createChannel({ log: logs.open("prices") });
 * ```
 */
export function natsLogs(options: NatsLogsOptions): LogStore {
  return new NatsLogStore(resolveOptions(options));
}

class NatsLogStore implements LogStore {
  readonly #options: ResolvedOptions;
  readonly #broker: Broker;
  readonly #records = new Map<string, LogRecord>();
  readonly #handles = new Set<LogHandle>();

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#broker = new Broker(options);
  }

  get status(): EventLog["status"] {
    return this.#broker.status;
  }

  open(key: string, history?: History): EventLog {
    const token = keyToken(key);
    const resolved = historyToOpen(history, this.#options.history);
    refuseLongerThan(this.#options.maxAge, resolved, "open: history");
    if (this.status === "closed") {
      throw new SseError("ERR_SSE_CHANNEL_CLOSED", "The store is closed: no log was opened");
    }
    const record = this.#records.get(token) ?? new LogRecord(this.#broker, token, resolved);
    this.#records.set(token, record);
    record.handles++;
    const handle = new LogHandle(record, () => {
      this.#handles.delete(handle);
      if (--record.handles > 0) return;
      record.close();
      this.#records.delete(token);
    });
    this.#handles.add(handle);
    return handle;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#handles].map((handle) => handle.close()));
    this.#broker.close();
  }
}
