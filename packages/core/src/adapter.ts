// For the authors of adapters, event logs and further packages. Apps do not need it.
export {
  checkOptions,
  FUNCTION,
  invalidOption,
  LIMIT,
  MS,
  MS_FROM_0,
  BOOLEAN,
  type Check,
  type Checks,
} from "./check-options.js";
export { LOG_STORE } from "./channel/channel-options.js";
export { createDraft, type DraftOptions } from "./channel/draft.js";
export { createEntry } from "./channel/entry.js";
export { HISTORY, historyToOpen, resolveHistory, type ResolvedHistory } from "./channel/history.js";
export { compareIds, epochOf } from "./channel/ids.js";
export { sizeOf } from "./channel/kept-entries.js";
export { discardSource, publishItems, type ItemsTarget } from "./channel/publish-items.js";
export { createFrame, joinFrames, type Frame } from "./format/frame.js";
export { END_SUFFIX, START_ID } from "./format/reserved-ids.js";
export { describe } from "./sse-error.js";
export { DRAIN_CHECKS } from "./stream/event-stream-server.js";
export type { BeginOptions, Exchange, HeaderChanges } from "./stream/exchange.js";
export type { Sink, SinkOwner } from "./stream/sink.js";
export { STREAM_CHECKS } from "./stream/options.js";
export { callSafely } from "./stream/hooks.js";
export { SERVER, serverOf } from "./stream/server-of.js";
export { checkSource, isThenable, returnSource } from "./stream/source.js";
export { portOf } from "./stream/stream-port.js";
export { SUBSCRIPTION } from "./stream/subscription.js";
export { WebExchange } from "./stream/web-exchange.js";
export { untilOver } from "./stream/worker-request.js";
