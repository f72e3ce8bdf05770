import type { EventMessage } from "../format/message.js";
import type { Connection } from "./connection.js";
import type { EventStream, Items, Source } from "./event-stream.js";
import { sendItems } from "./send-items.js";
import { isThenable, readItems } from "./source.js";

/** Opens a stream, with the source that it was opened for if there is one, and ends it when that is exhausted. */
export function startStream(stream: EventStream, connection: Connection, source: Source | undefined): void {
  const { life } = connection;
  const fail = (error: unknown): void => life.fail(error);
  const sendAll = (items: unknown): void => {
    stream.sendAll(items as Items<EventMessage | string>).then((sent) => sent && stream.end(), fail);
  };
  life.hold();
  let result: unknown;
  try {
    result = typeof source === "function" ? source(stream) : source;
  } catch (error) {
    return fail(error);
  }
  if (isThenable(result)) {
    result.then((items) => {
      if (!isNothing(items)) sendAll(items);
      else if (life.subscription === undefined) stream.end();
      else life.begin();
    }, fail);
  } else if (isNothing(result)) life.begin();
  else sendAll(result);
}

/** Sends the items of a source. `false`: the stream has closed before they were exhausted. */
export async function sendSource<T>(
  stream: EventStream,
  connection: Connection,
  source: Source<T>,
  toMessage: (item: T) => EventMessage | string,
): Promise<boolean> {
  const items: unknown = await (typeof source === "function" ? source(stream) : source);
  if (typeof source === "function" && isNothing(items)) return !connection.isClosing;
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

/** What a function returns that has nothing to send: also what an arrow function returns without meaning to. */
function isNothing(result: unknown): boolean {
  return result === undefined || result === null || typeof result === "boolean" || typeof result === "number";
}
