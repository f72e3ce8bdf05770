import type { EventMessage, EventStream } from "@ssekit/express";
import type { Observable } from "rxjs";

/** Makes a source of an Observable. When the client leaves, it unsubscribes. */
export function observableSource<T>(
  observable: Observable<T>,
  toMessage: (item: T) => EventMessage | string,
) {
  return (stream: EventStream) =>
    new Promise<void>((resolve, reject) => {
      const subscription = observable.subscribe({
        next: (item) => stream.send(toMessage(item)),
        error: reject,
        complete: resolve,
      });
      stream.signal.addEventListener("abort", () => {
        subscription.unsubscribe();
        resolve();
      });
    });
}
