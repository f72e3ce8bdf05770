export * from "@ssekit/core/adapter";
export { NodeExchange } from "./node-exchange.js";
export { openOn } from "./open.js";
export { ResponseSink } from "./response-sink.js";
