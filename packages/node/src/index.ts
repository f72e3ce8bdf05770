export * from "@ssekit/core";
export type { NodeRequest, NodeResponse } from "./node-response.js";
export { open, type OpenOptions } from "./open.js";
