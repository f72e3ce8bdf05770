export type { RelayedMessage } from "./message-decoder.js";
export { relay } from "./relay.js";
export type { RelayOptions } from "./relay-options.js";
export { isUpstreamError, type UpstreamError } from "./upstream-error.js";
export type { Upstream } from "./upstream.js";
