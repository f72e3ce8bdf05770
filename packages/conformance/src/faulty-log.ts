import type { EventLog } from "@ssekit/core";
import type { LogOperation } from "./latent-log.js";

/**
 * A log that does not keep its contract: instead of an operation it does what `fault` returns for it, such as to
 * throw, or to return a promise that rejects or never settles. `call` counts from 1, for each operation.
 */
export function faultyLog(
  log: EventLog,
  fault: (operation: LogOperation, call: number) => (() => unknown) | undefined,
): EventLog {
  const calls: Record<LogOperation, number> = { append: 0, read: 0, tail: 0, peek: 0 };
  const faulty =
    <Args extends unknown[], Result>(operation: LogOperation, call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      const instead = fault(operation, ++calls[operation]);
      return instead === undefined ? call.apply(log, args) : (instead() as Result);
    };
  return {
    append: faulty("append", log.append),
    read: faulty("read", log.read),
    tail: faulty("tail", log.tail),
    peek: faulty("peek", log.peek),
    close: () => log.close(),
    get status() {
      return log.status;
    },
  };
}
