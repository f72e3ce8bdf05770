export * from "@ssekit/core";
export type { NodeRequest, NodeResponse } from "./node-response.js";
export { open, type OpenItemsOptions, type OpenOptions } from "./open.js";
