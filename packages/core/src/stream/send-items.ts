import { isThenable, type ItemReader } from "./source.js";

/** A stream, as the receiver of items. */
export interface Receiver<T> {
  /** `false`: closed. */
  send(item: T): boolean | Promise<boolean>;
  drained(): Promise<boolean>;
  /** Whether the client has as much unread as a source may run ahead of it. */
  isCongested(): boolean;
  /** Calls the listener when the stream closes. Returns what takes the listener away. */
  onClosing(listener: () => void): () => void;
  /** Told of errors that come from the source after the stream has closed. */
  lateError(error: unknown): void;
}

// A source that never waits would keep everybody else from the event loop, also one whose items are empty.
const ITEMS_PER_TURN = 1_000;

/** Sends what a reader yields, no faster than the client reads. Resolves with `false` as soon as the stream closes. */
export function sendItems<T>(reader: ItemReader<T>, receiver: Receiver<T>): Promise<boolean> {
  return new Promise<boolean>((resolve, reject) => {
    let over = false;
    const forget = receiver.onClosing(() => {
      over = true;
      reader.return(receiver.lateError);
      resolve(false);
    });

    async function run(): Promise<boolean> {
      for (let taken = 1; ; taken++) {
        const next = reader.next();
        // Not awaited when it is there already: a synchronous source leaves in one write.
        const { done, value } = isThenable(next) ? await next : next;
        if (over) return false;
        if (done) return true;
        // Before the item is sent, not after: any number of sources at once then hold the limit.
        while (receiver.isCongested()) {
          if (!(await receiver.drained())) return false;
          await nextTurn();
        }
        const sent = receiver.send(value);
        if (!(isThenable(sent) ? await sent : sent)) {
          if (!over) reader.return(receiver.lateError); // it takes no more, but is not closed yet
          return false;
        }
        if (taken % ITEMS_PER_TURN === 0) await nextTurn();
      }
    }

    run().then(
      (sent) => {
        forget();
        resolve(sent);
      },
      (error: unknown) => {
        if (over) return receiver.lateError(error);
        forget();
        // A ReadableStream that has failed rejects cancel() with the same error.
        reader.return((late) => late !== error && receiver.lateError(late));
        reject(error);
      },
    );
  });
}

/** Gives the event loop to everybody else once. */
function nextTurn(): Promise<void> {
  return new Promise((turn) => setTimeout(turn, 0));
}
