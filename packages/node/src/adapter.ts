// For the authors of adapters to frameworks on Node. An app does not need this entry point.
export * from "@ssekit/core/adapter";
export { BodySink } from "./body-sink.js";
export { DeferredExchange } from "./deferred-exchange.js";
export { NodeExchange } from "./node-exchange.js";
export { openOn } from "./open.js";
export { ResponseSink } from "./response-sink.js";
