import type { EventMessage } from "../format/message.js";
import type { Items } from "../stream/event-stream.js";
import { sendItems } from "../stream/send-items.js";
import { isThenable, readItems } from "../stream/source.js";
import type { ChannelSource } from "./channel-message.js";

/** Where the items of a source go. */
export interface ItemsTarget {
  readonly isClosed: boolean;
  append(item: unknown): string | Promise<string>;
  /** Calls the listener when the channel closes. Returns what takes the listener away. */
  onClose(listener: () => void): () => void;
}

/** Publishes what a source yields. Resolves with `false` as soon as the channel closes. */
export async function publishItems(source: ChannelSource, target: ItemsTarget): Promise<boolean> {
  const controller = new AbortController();
  let abort!: () => void;
  const aborted = new Promise<undefined>((resolve) => {
    abort = () => {
      resolve(undefined); // before the source rejects for it
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
      isCongested: () => false, // nobody need listen
      drained: () => Promise.resolve(true),
      onClosing: (listener) => {
        if (target.isClosed) listener();
        return target.onClose(listener);
      },
      lateError: () => {}, // the channel is closed, which is why it fails
    });
  } finally {
    forget();
  }
}

/** Tells a source that was passed as a value and cannot be published that it is not wanted. */
export function discardSource(source: ChannelSource): void {
  if (typeof source !== "function") discard(source);
}

/** Tells a source that is not wanted any more, when it is there. */
function discard(starting: unknown): void {
  Promise.resolve(starting as Items<unknown>)
    .then((items) => readItems(items).return(() => {}))
    .catch(() => {});
}

/** Without what a source may carry beyond that: a log gives its own ids, and has no connection to retry. */
function published(item: unknown): unknown {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
  const { id: _id, retry: _retry, comment: _comment, ...rest } = item as EventMessage;
  return rest;
}
