import { events } from "$lib/server/events";

// After SIGTERM, adapter-node waits until all responses have ended. This ends the streams, and tells clients when to come
// back.
process.once("SIGTERM", () => void events.close({ grace: 5_000 }));
