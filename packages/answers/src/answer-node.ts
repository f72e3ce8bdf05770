import { memoryLogs, type EventLog, type LogStore } from "@ssekit/core";
import { callSafely } from "@ssekit/core/adapter";
import { logKeyOf } from "./answer-log.js";
import type { AnswerErrorContext, AnswersOptions } from "./answers-options.js";
import { LastEvents } from "./last-events.js";
import { NodeLeases } from "./node-leases.js";

/** What all answers of a node share. */
export class AnswerNode {
  readonly options: AnswersOptions;
  readonly keep: number;
  readonly lease: number;
  readonly leases: NodeLeases;
  isClosed = false;
  readonly #maxBytes: number;
  readonly #logs: LogStore;
  readonly #ownLogs: LogStore | undefined;

  constructor(options: AnswersOptions) {
    const { logs, keep = 600_000, lease = 15_000, maxBytes = 1 << 20 } = options;
    this.options = options;
    this.keep = keep;
    this.lease = lease;
    this.#maxBytes = maxBytes;
    this.#ownLogs = logs === undefined ? memoryLogs() : undefined;
    this.#logs = logs ?? this.#ownLogs!;
    this.leases = new NodeLeases(this.#logs, lease, (error) => this.report(error, "log", undefined));
  }

  /** Opens the log of an answer. */
  open(key: string): EventLog {
    return this.#logs.open(logKeyOf(key), { complete: true, keep: this.keep, maxBytes: this.#maxBytes });
  }

  contextOf(key: string): AnswerContext {
    return new AnswerContext(this, key);
  }

  report(error: unknown, stage: AnswerErrorContext["stage"], key: string | undefined): void {
    const { onError = (error: unknown) => console.error(error) } = this.options;
    callSafely(() => onError(error, { key, stage }), console.error);
  }

  async close(): Promise<void> {
    await this.leases.close();
    await this.#ownLogs?.close();
  }
}

/** What one answer needs of its node. */
export class AnswerContext {
  readonly node: AnswerNode;
  readonly key: string;
  readonly lastEvents: LastEvents;

  constructor(node: AnswerNode, key: string) {
    this.node = node;
    this.key = key;
    this.lastEvents = new LastEvents(node.options, (error) => this.report(error, "hook"));
  }

  report(error: unknown, stage: AnswerErrorContext["stage"]): void {
    this.node.report(error, stage, this.key);
  }
}
