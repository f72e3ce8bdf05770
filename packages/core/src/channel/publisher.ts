import type { ChannelOptions, ChannelSource } from "./channel.js";
import { dataText, encode } from "../format/encode.js";
import type { Draft, EventLog } from "./event-log.js";
import { sendItems } from "../stream/send-items.js";
import { isThenable, readItems, type Items } from "../stream/source.js";
import { SseError, describe } from "../sse-error.js";
import type { SchemaResult } from "./standard-schema.js";

// What a source may carry beyond what is published: a log gives its own ids, and has no connection to retry.
const DROPPED = new Set(["id", "retry", "comment"]);
const FIELDS = new Set(["event", "data", "topic", "idempotencyKey"]);

/** The publishing side of a channel: makes drafts of messages and appends them, in the order of the calls. */
export class Publisher {
  readonly #log: EventLog;
  readonly #options: ChannelOptions;
  readonly #audience: { readonly following: Promise<void> | undefined };
  readonly #sources = new Set<Promise<void>>();
  readonly #onClose = new Set<() => void>();
  // Until it has settled the next message waits, for a validator of an earlier one or for the audience.
  #turn: Promise<unknown> | undefined;
  #ending: Promise<void> | undefined;
  #closed = false;

  /**
   * @param audience what those who have subscribed wait for: that the log is followed. What is published after they
   *   have subscribed waits too, so that they see it.
   */
  constructor(
    log: EventLog,
    options: ChannelOptions,
    audience: { readonly following: Promise<void> | undefined },
  ) {
    this.#log = log;
    this.#options = options;
    this.#audience = audience;
  }

  publish(message: unknown): string | Promise<string> {
    this.#expectGoingOn();
    return this.#append(message);
  }

  publishAll(source: ChannelSource<unknown>): Promise<void> {
    const running = this.#publishAll(source);
    this.#sources.add(running);
    const done = (): void => void this.#sources.delete(running);
    running.then(done, done);
    return running;
  }

  end(message: object = {}): Promise<void> {
    this.#expectOpen();
    if (this.#ending !== undefined) return this.#ending;
    const draft = { event: "end", ...message };
    this.#ending = this.#end(draft);
    this.#ending.catch(() => (this.#ending = undefined)); // may be tried again
    return this.#ending;
  }

  close(): void {
    this.#closed = true;
    for (const listener of this.#onClose) listener();
  }

  #expectOpen(): void {
    if (this.#closed)
      throw new SseError("ERR_SSE_CHANNEL_CLOSED", "The channel is closed: nothing was published");
  }

  #expectGoingOn(): void {
    this.#expectOpen();
    if (this.#ending === undefined) return;
    throw new SseError("ERR_SSE_CHANNEL_ENDED", "The channel has ended: nothing was published");
  }

  async #end(message: object): Promise<void> {
    if (this.#sources.size > 0) await Promise.allSettled(this.#sources);
    await this.#append(message, true);
  }

  async #publishAll(source: ChannelSource<unknown>): Promise<void> {
    this.#expectGoingOn();
    const controller = new AbortController();
    let abort!: () => void;
    const aborted = new Promise<void>((resolve) => {
      abort = () => {
        resolve(); // before the source rejects for it
        controller.abort();
      };
    });
    this.#onClose.add(abort);
    try {
      const starting = typeof source === "function" ? source({ signal: controller.signal }) : source;
      const items = await Promise.race([starting, aborted]);
      if (items === undefined && this.#closed) return discard(starting);
      await sendItems(readItems(items as Items<unknown>), {
        send: (item) => {
          const appended = this.#append(withoutDropped(item));
          return isThenable(appended) ? appended.then(() => true) : true;
        },
        isCongested: () => false, // nobody need listen
        drained: () => Promise.resolve(true),
        onClosing: (listener) => {
          this.#onClose.add(listener);
          if (this.#closed) listener();
          return () => this.#onClose.delete(listener);
        },
        lateError: () => {}, // the channel is closed, which is why it fails
      });
    } finally {
      this.#onClose.delete(abort);
    }
  }

  #append(message: unknown, end = false): string | Promise<string> {
    const draft = this.#draft(message, end);
    const { following } = this.#audience;
    if (!isThenable(draft) && this.#turn === undefined && following === undefined)
      return this.#log.append(draft);
    const turn = Promise.allSettled([draft, this.#turn, following]);
    const appended = turn.then(([made]) => {
      if (made.status === "rejected") throw made.reason;
      return this.#log.append(made.value);
    });
    this.#turn = turn;
    void turn.then(() => {
      if (this.#turn === turn) this.#turn = undefined;
    });
    return appended;
  }

  #draft(message: unknown, end: boolean): Draft | Promise<Draft> {
    const fields = (typeof message === "string" ? { data: message } : message) as Record<string, unknown>;
    if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
      throw invalid("message", "an object with event, data and topic, or a string", fields);
    }
    for (const name of Object.keys(fields)) {
      if (!FIELDS.has(name))
        throw invalid(name, "only event, data, topic and idempotencyKey: the log gives the id", fields[name]);
    }
    const { event, data, topic, idempotencyKey } = fields;
    if (topic !== undefined && typeof topic !== "string") throw invalid("topic", "a string", topic);
    if (idempotencyKey !== undefined && typeof idempotencyKey !== "string") {
      throw invalid("idempotencyKey", "a string", idempotencyKey);
    }
    if (event !== undefined) encode({ event: event as string }); // refused here, before it is stored
    const make = (valid: unknown): Draft => ({
      ...(event !== undefined && { event: event as string }),
      data: valid === undefined ? "" : dataText(valid, this.#options.serialize),
      ...(topic !== undefined && { topic }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(end && { end }),
    });
    const type = (event as string | undefined) ?? "message";
    const { schemas } = this.#options;
    const schema = schemas !== undefined && Object.hasOwn(schemas, type) ? schemas[type] : undefined;
    if (schema === undefined) return make(data);
    const result = schema["~standard"].validate(data);
    return isThenable(result)
      ? Promise.resolve(result).then((validated) => make(valueOf(type, validated)))
      : make(valueOf(type, result));
  }
}

/** Tells a source that is not wanted any more, when it is there. */
function discard(starting: unknown): void {
  Promise.resolve(starting as Items<unknown>)
    .then((items) => readItems(items).return(() => {}))
    .catch(() => {});
}

function valueOf(type: string, result: SchemaResult<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ message, path }) =>
    path?.length ? `${path.map(segment).join(".")}: ${message}` : message,
  );
  throw new SseError("ERR_SSE_INVALID_DATA", `data of ${type}: ${issues.join("; ")}`, {
    issues: result.issues,
  });
}

function segment(part: unknown): string {
  return String(typeof part === "object" && part !== null && "key" in part ? part.key : part);
}

function withoutDropped(item: unknown): unknown {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => !DROPPED.has(name)));
}

function invalid(field: string, expected: string, value: unknown): SseError {
  return new SseError("ERR_SSE_INVALID_FIELD", `${field}: expected ${expected}, got ${describe(value)}`);
}
