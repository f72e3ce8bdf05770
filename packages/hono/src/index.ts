export * from "@ssekit/core";
export { sse } from "./sse.js";
