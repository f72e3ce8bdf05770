import { invalidOption } from "../check-options.js";
import type { EventMessage } from "../format/message.js";
import type { Connection } from "./connection.js";
import type { EventStream, Items, Source } from "./event-stream.js";
import { sendItems } from "./send-items.js";
import { isThenable, readItems, returnSource } from "./source.js";
import { isSubscription } from "./subscription.js";

/** Opens a stream. If there is a source, the stream sends it and ends when it is exhausted. */
export function startStream(stream: EventStream, connection: Connection, source: Source | undefined): void {
  const { life } = connection;
  life.hold();
  if (life.time.isExpired) {
    life.stop("expired");
    if (typeof source === "function") return; // sendAll returns the iterator of any other
  }
  let result: unknown;
  try {
    result = typeof source === "function" ? source(stream) : source;
  } catch (error) {
    return connection.sourceFailed(error);
  }
  if (leavesOpen(result)) life.begin();
  else void connection.countSource(sendResult(stream, connection, result));
}

async function sendResult(stream: EventStream, connection: Connection, result: unknown): Promise<void> {
  const { life, options } = connection;
  try {
    const items = isThenable(result) ? await result : result;
    if (!leavesOpen(items)) {
      const sent = await stream.sendAll(items as Items<EventMessage | string>, options.toMessage);
      if (sent) stream.end();
    } else if (isSubscription(items) || life.subscription !== undefined) {
      life.begin();
    } else {
      stream.end();
    }
  } catch (error) {
    connection.sourceFailed(error);
  }
}

/** Sends the items of a source. `false`: the stream closed before they were exhausted. */
export async function sendSource<T>(
  stream: EventStream,
  connection: Connection,
  source: Source<T>,
  toMessage: (item: T) => EventMessage | string,
): Promise<boolean> {
  if (typeof toMessage !== "function") {
    returnSource(source);
    throw invalidOption("sendAll: toMessage", "a function", toMessage);
  }
  const items: unknown = await (typeof source === "function" ? source(stream) : source);
  if (typeof source === "function" && leavesOpen(items)) return !connection.isClosing;
  const reader = readItems(items as Items<T>);
  const lateError = (error: unknown): void => connection.life.hooks.reportLate(error);
  if (connection.isClosing) {
    reader.return(lateError);
    return false;
  }
  return sendItems(reader, {
    send: (item) => stream.send(toMessage(item)),
    drained: () => stream.drained(),
    isCongested: () => connection.bufferedBytes >= connection.runAhead,
    onClosing: (listener) => connection.life.onClosing(listener),
    lateError,
  });
}

/**
 * Whether a function has returned nothing to send, so that its stream stays open. This includes the number or boolean
 * that an arrow function returns by accident.
 */
function leavesOpen(result: unknown): boolean {
  if (result === undefined || result === null || isSubscription(result)) return true;
  return typeof result === "boolean" || typeof result === "number";
}
