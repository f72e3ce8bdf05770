import { events } from "./events";

// After SIGTERM, Next waits until all responses have ended. This ends the streams, and tells clients when to come back.
process.once("SIGTERM", () => void events.close({ grace: 5_000 }));
