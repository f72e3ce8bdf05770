// For the authors of adapters, event logs and further packages. Apps do not need it.
export {
  checkOptions,
  FUNCTION,
  invalidOption,
  MS,
  BOOLEAN,
  type Check,
  type Checks,
} from "./check-options.js";
export { createEntry } from "./channel/entry.js";
export { HISTORY, resolveHistory, type ResolvedHistory } from "./channel/history.js";
export { compareIds, epochOf } from "./channel/ids.js";
export { sizeOf } from "./channel/kept-entries.js";
export { createFrame, joinFrames, type Frame } from "./format/frame.js";
export { END_SUFFIX, START_ID } from "./format/reserved-ids.js";
export { describe } from "./sse-error.js";
export { DRAIN_CHECKS } from "./stream/event-stream-server.js";
export type { BeginOptions, Exchange, HeaderChanges } from "./stream/exchange.js";
export type { Sink, SinkOwner } from "./stream/sink.js";
export { STREAM_CHECKS } from "./stream/options.js";
export { SERVER, serverOf } from "./stream/server-of.js";
export { returnSource } from "./stream/source.js";
export { portOf } from "./stream/stream-port.js";
export { SUBSCRIPTION } from "./stream/subscription.js";
export { WebExchange } from "./stream/web-exchange.js";
export { untilOver } from "./stream/worker-request.js";
