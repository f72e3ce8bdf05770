import type { EventMessage } from "../format/message.js";
import type { Items } from "../stream/event-stream.js";
import { sendItems } from "../stream/send-items.js";
import { isThenable, readItems } from "../stream/source.js";
import type { ChannelSource } from "./channel-message.js";

/** What receives the items of a source. */
export interface ItemsTarget {
  /** Whether nothing more is taken. */
  readonly isClosed: boolean;
  /** Publishes one item. If it returns a promise, the source is asked for the next item after the promise resolves. */
  append(item: unknown): string | undefined | Promise<unknown>;
  /** Calls the listener when the target closes. Returns a function that removes the listener. */
  onClose(listener: () => void): () => void;
}

/** Publishes the items of a source, one after another. Resolves with `false` as soon as the target closes. */
export async function publishItems(source: ChannelSource<unknown>, target: ItemsTarget): Promise<boolean> {
  const controller = new AbortController();
  let abort!: () => void;
  const aborted = new Promise<undefined>((resolve) => {
    abort = () => {
      resolve(undefined); // first, because the abort may make the source reject
      controller.abort();
    };
  });
  const forget = target.onClose(abort);
  try {
    const starting = typeof source === "function" ? source({ signal: controller.signal }) : source;
    const items = await Promise.race([starting, aborted]);
    if (items === undefined && target.isClosed) {
      discard(starting);
      return false;
    }
    return await sendItems(readItems(items as Items<unknown>), {
      send: (item) => {
        const appended = target.append(published(item));
        return isThenable(appended) ? appended.then(() => true) : true;
      },
      isCongested: () => false, // publishing waits for the log, not for any client
      drained: () => Promise.resolve(true),
      onClosing: (listener) => {
        if (target.isClosed) listener();
        return target.onClose(listener);
      },
      lateError: () => {}, // the source failed because the channel was closed
    });
  } finally {
    forget();
  }
}

/** Returns (stops) the iterator of a source that cannot be published, if the source was passed as a value. */
export function discardSource(source: ChannelSource<unknown>): void {
  if (typeof source !== "function") discard(source);
}

/** Returns (stops) the iterator of a source that is no longer needed. Waits for the source if it is a promise. */
function discard(starting: unknown): void {
  Promise.resolve(starting as Items<unknown>)
    .then((items) => readItems(items).return(() => {}))
    .catch(() => {});
}

/**
 * Removes the fields that a source may set for one stream only. A log gives its own ids, and has no connection to
 * retry.
 */
function published(item: unknown): unknown {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
  const { id: _id, retry: _retry, comment: _comment, ...rest } = item as EventMessage;
  return rest;
}
