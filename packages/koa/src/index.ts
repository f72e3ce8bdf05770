export * from "@ssekit/node";
export { sse } from "./sse.js";
