export type { EventsFrom } from "./connect.js";
export type { ReceivedEvent } from "./event-collector.js";
export { readEvents, type ReadEventsOptions } from "./read-events.js";
