import type { EventLog } from "@ssekit/core";
import type { LogOperation } from "./latent-log.js";

/**
 * Wraps a log so that some of its calls fail. If `fault` returns a function for a call, this function is called
 * instead. It may throw, or return a promise that rejects or never settles. `call` counts the calls of each operation
 * from 1.
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
