export type { Adapter, App, Route } from "./adapter.js";
export { adapterContract } from "./adapter-contract.js";
export { RawClient } from "./clients/raw-client.js";
export { type ReceivedEvent, StreamReader } from "./clients/stream-reader.js";
export { launchChromium } from "./support/launch-chromium.js";
export { listen, type Listening } from "./support/listen.js";
export { startExample } from "./support/start-example.js";
export { systemProgram } from "./support/system-program.js";
export { createGate, never, pause, until, within } from "./support/within.js";
