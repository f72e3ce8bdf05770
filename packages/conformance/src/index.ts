export type { Adapter, App, Route } from "./adapter.js";
export { adapterContract } from "./adapter-contract.js";
export { RawClient } from "./clients/raw-client.js";
export { type ReceivedEvent, StreamReader } from "./clients/stream-reader.js";
export { launchChromium } from "./launch-chromium.js";
export { listen, type Listening } from "./listen.js";
export { startExample } from "./start-example.js";
export { systemProgram } from "./system-program.js";
export { createGate, never, pause, until, within } from "./within.js";
