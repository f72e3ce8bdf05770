export * from "@ssekit/core";
export { NodeExchange, type NodeRequest, type NodeResponse } from "./node-exchange.js";
export { open, openOn, type OpenOptions } from "./open.js";
