export * from "@ssekit/core";
export { NodeExchange } from "./node-exchange.js";
export { open, type OpenOptions } from "./open.js";
