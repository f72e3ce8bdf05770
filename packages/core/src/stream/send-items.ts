import { isThenable, type ItemReader } from "./source.js";

/** The receiver of the items of a source: a stream or a channel. */
export interface Receiver<T> {
  /** Sends an item. `false`: the receiver is closed. */
  send(item: T): boolean | Promise<boolean>;
  drained(): Promise<boolean>;
  /** Whether the source has run as far ahead of the client as it may. */
  isCongested(): boolean;
  /** Calls the listener when the receiver closes. Returns a function that removes the listener. */
  onClosing(listener: () => void): () => void;
  /** Takes an error of the source that comes after the receiver has closed. */
  lateError(error: unknown): void;
}

// A source that never waits would block the event loop, even if its items are empty.
const ITEMS_PER_TURN = 1_000;

/**
 * Sends the items of a reader, no faster than the client reads. Resolves with `false` as soon as the receiver closes.
 */
export function sendItems<T>(reader: ItemReader<T>, receiver: Receiver<T>): Promise<boolean> {
  return new Promise<boolean>((resolve, reject) => {
    let isClosed = false;
    const removeListener = receiver.onClosing(() => {
      isClosed = true;
      reader.return(receiver.lateError);
      resolve(false);
    });

    async function run(): Promise<boolean> {
      for (let taken = 1; ; taken++) {
        const next = reader.next();
        // An item that is there already is not awaited, so that all items of a synchronous source leave in one write.
        const { done, value } = isThenable(next) ? await next : next;
        if (isClosed) return false;
        if (done) return true;
        // Checked before the item is sent, and not after it, so that many sources at once keep within the limit.
        while (receiver.isCongested()) {
          if (!(await receiver.drained())) return false;
          await nextTurn();
        }
        const sent = receiver.send(value);
        if (!(isThenable(sent) ? await sent : sent)) {
          if (!isClosed) reader.return(receiver.lateError); // the receiver waits for its end and takes no more
          return false;
        }
        if (taken % ITEMS_PER_TURN === 0) await nextTurn();
      }
    }

    run().then(
      (sent) => {
        removeListener();
        resolve(sent);
      },
      (error: unknown) => {
        if (isClosed) return receiver.lateError(error);
        removeListener();
        // A ReadableStream that has failed rejects cancel() with the same error.
        reader.return((late) => late !== error && receiver.lateError(late));
        reject(error);
      },
    );
  });
}

/** Lets everything else in the event loop run once. */
function nextTurn(): Promise<void> {
  return new Promise((turn) => setTimeout(turn, 0));
}
