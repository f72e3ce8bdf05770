export * from "@ssekit/node";
export { sse, sse as default, type SsePluginOptions } from "./sse.js";
