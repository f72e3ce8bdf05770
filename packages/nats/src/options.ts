import type { NatsConnection } from "@nats-io/nats-core";
import type { History } from "@ssekit/core";
import {
  checkOptions,
  FUNCTION,
  HISTORY,
  invalidOption,
  MS,
  resolveHistory,
  type Check,
  type Checks,
  type ResolvedHistory,
} from "@ssekit/core/adapter";

/**
 * What a store was doing when an error occurred.
 *
 * - `check`: it looked whether NATS can be reached.
 * - `tail`: it read what the listeners of a log had not been told, and tries again. Or the user may not subscribe to the
 *   live messages: entries then arrive up to `checkInterval` later.
 * - `purge`: it deleted evicted entries. It tries again with later ones.
 */
export type NatsStage = "check" | "tail" | "purge";

/** Options of `natsLogs`. */
export interface NatsLogsOptions {
  /**
   * The connection, which may be shared with the rest of the app. The store never closes it. Create it with
   * `maxReconnectAttempts: -1`: otherwise the client gives up after ten attempts, and the logs stay down.
   */
  connection: NatsConnection;
  /**
   * The name of the JetStream stream that holds the logs. If it does not exist, the store creates it.
   *
   * @default "ssekit"
   */
  stream?: string;
  /** The first token of all subjects of a stream that the store creates. @default "ssekit" */
  prefix?: string;
  /**
   * Number of servers that keep a stream which the store creates. More than one needs nats-server 2.10.19 or later.
   *
   * @default 1
   */
  replicas?: number;
  /**
   * Milliseconds after which the server deletes messages of a stream that the store creates, whatever a history says.
   * `Infinity`: never, so the stream keeps at least one message of each log. A complete history must not have a longer
   * `keep`.
   *
   * @default 604_800_000, seven days
   */
  maxAge?: number;
  /**
   * What a log keeps that is opened without a history.
   *
   * @default 10 000 events, 16 MiB, 5 minutes
   */
  history?: History;
  /**
   * Milliseconds within which NATS must answer. Then the call is rejected with `ERR_SSE_LOG_UNAVAILABLE`.
   *
   * @default 5_000
   */
  timeout?: number;
  /**
   * What an `append` does while NATS cannot be reached: reject after `timeout`, or wait until it is stored. Other calls
   * always reject.
   *
   * @default "reject"
   */
  whenDown?: "reject" | "wait";
  /**
   * Milliseconds between checks that no message was missed. Each check is one request, however many logs are open.
   *
   * @default 1_000
   */
  checkInterval?: number;
  /** Is told errors that no call is rejected with. @default console.error */
  onError?(error: unknown, context: { readonly stage: NatsStage }): void;
}

/** The options of a store, in which every option is set. */
export interface ResolvedOptions extends Required<Omit<NatsLogsOptions, "history">> {
  readonly history: ResolvedHistory;
}

const NAME: Check = [
  "letters, digits, _ and -",
  (value) => typeof value === "string" && /^[A-Za-z0-9_-]{1,200}$/.test(value),
];
const isAge = (value: unknown): boolean => typeof value === "number" && value > 0;
const CHECKS: Record<keyof NatsLogsOptions, Check> & Checks = {
  connection: [
    "a connection of @nats-io/transport-node or another transport of NATS",
    (value) => typeof (value as NatsConnection | null)?.request === "function",
  ],
  stream: NAME,
  prefix: NAME,
  replicas: [
    "1 to 5",
    (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 5,
  ],
  maxAge: ["a number of milliseconds above 0, or Infinity", isAge],
  history: HISTORY,
  timeout: MS,
  whenDown: ['"reject" or "wait"', (value) => value === "reject" || value === "wait"],
  checkInterval: MS,
  onError: FUNCTION,
};

export function resolveOptions(options: NatsLogsOptions): ResolvedOptions {
  checkOptions("natsLogs", options, CHECKS);
  const { connection, stream = "ssekit", prefix = "ssekit", replicas = 1, maxAge = 604_800_000 } = options;
  const { timeout = 5_000, whenDown = "reject", checkInterval = 1_000 } = options;
  if (connection === undefined) throw invalidOption("natsLogs: connection", CHECKS.connection[0], undefined);
  const history = resolveHistory("natsLogs", options.history, "history.");
  refuseLongerThan(maxAge, history, "natsLogs: history");
  const onError = options.onError ?? ((error: unknown) => console.error(error));
  return { connection, stream, prefix, replicas, maxAge, history, timeout, whenDown, checkInterval, onError };
}

/** Refuses a complete history from which the server would delete entries too early. */
export function refuseLongerThan(maxAge: number, history: ResolvedHistory, path: string): void {
  if (!history.complete || history.keep <= maxAge) return;
  throw invalidOption(`${path}.keep`, `at most the maxAge of the stream, ${maxAge}`, history.keep);
}
