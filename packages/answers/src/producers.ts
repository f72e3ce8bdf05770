import { SseError, type ChannelSource, type Draft, type EventLog } from "@ssekit/core";
import { claimDraft, codeOf } from "./answer-log.js";
import type { AnswerNode } from "./answer-node.js";
import { claimKey, type Claimed } from "./claim-key.js";
import { closedError, lostError } from "./last-events.js";
import { Producer } from "./producer.js";
import { atMost, later, type Timer } from "./timer.js";

const REMOTE_FLUSH_MS = 50;
// How long close() waits for a log that cannot be reached.
const CLOSE_MS = 5_000;

// An answer of the log that has arrived by then is read, even if this process was busy.
const SPARE_MS = 1_000;

/** The answers whose sources are read on this node. */
export class Producers {
  readonly #node: AnswerNode;
  readonly #producers = new Map<string, Producer>();
  readonly #starting = new Set<Promise<boolean>>();

  constructor(node: AnswerNode) {
    this.#node = node;
  }

  get(key: string): Producer | undefined {
    return this.#producers.get(key);
  }

  /** Claims the key and reads the source. `false`: the key was claimed before. */
  async start(key: string, source: ChannelSource): Promise<boolean> {
    const starting = this.#start(key, source);
    this.#starting.add(starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(starting);
    }
  }

  async #start(key: string, source: ChannelSource): Promise<boolean> {
    const { leases } = this.#node;
    const log = this.#node.open(key);
    const draft = claimDraft(leases.claim);
    const release = leases.hold(); // others may hear of the claim before this call does
    try {
      const claimed = await this.#claim(log, draft);
      if (claimed === undefined) {
        await log.close();
        return false;
      }
      const producer = this.#add(key, log, claimed);
      if (this.#node.isClosed) producer.end("failed", shutdown());
      else producer.run(source);
      return !this.#node.isClosed;
    } catch (error) {
      if (codeOf(error) === "ERR_SSE_LOG_UNAVAILABLE") void this.#withdraw(key, log, draft);
      else await log.close();
      throw error;
    } finally {
      release();
    }
  }

  /** Claims a key within `lease`. */
  async #claim(log: EventLog, draft: Draft): Promise<Claimed | undefined> {
    const { lease } = this.#node;
    const giveUpAt = performance.now() + lease;
    const mayRepeat = (): boolean => performance.now() < giveUpAt && !this.#node.isClosed;
    let timer: Timer | undefined;
    // A store may wait for its log without end.
    const late = new Promise<never>((_resolve, reject) => {
      timer = later(lease + SPARE_MS, () => reject(unavailable()));
    });
    try {
      return await Promise.race([claimKey(log, draft, mayRepeat), late]);
    } finally {
      timer?.clear();
    }
  }

  /** Ends the answers as failed, and waits for the log within limits. */
  async close(): Promise<void> {
    for (const producer of this.#producers.values()) producer.end("failed", shutdown());
    await atMost(CLOSE_MS, this.#allOver());
    for (const producer of this.#producers.values()) producer.abandon();
  }

  async #allOver(): Promise<void> {
    await Promise.allSettled(this.#starting); // what is claimed now is ended at once, because the node is closed
    await Promise.all([...this.#producers.values()].map(({ over }) => over));
  }

  #add(key: string, log: EventLog, { id, isRemote }: Claimed): Producer {
    const { flushInterval = isRemote ? REMOTE_FLUSH_MS : undefined } = this.#node.options;
    const producer = new Producer(log, id, flushInterval, this.#node.contextOf(key));
    const release = this.#node.leases.hold();
    this.#producers.set(key, producer);
    void producer.over.then(() => {
      release();
      // In a log that was replaced, the key may have been started again.
      if (this.#producers.get(key) === producer) this.#producers.delete(key);
    });
    return producer;
  }

  /** Ends an answer whose claim may have been stored after all, because nobody reads its source. */
  async #withdraw(key: string, log: EventLog, draft: Draft): Promise<void> {
    try {
      const claimed = await claimKey(log, draft, () => !this.#node.isClosed);
      if (claimed === undefined) return await log.close();
      const problem = "The log could not be reached when the answer was started, and the source was not read";
      this.#add(key, log, claimed).end("failed", lostError(problem));
    } catch {
      await log.close().catch(() => {}); // the lease of this node ends instead
    }
  }
}

function unavailable(): SseError {
  return new SseError("ERR_SSE_LOG_UNAVAILABLE", "start: the log could not be reached within `lease`");
}

function shutdown(): Error {
  return closedError("The node was closed before the source of the answer was exhausted");
}
