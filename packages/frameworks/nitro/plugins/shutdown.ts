import { defineNitroPlugin } from "nitropack/runtime";
import { events } from "../lib/events";

// After SIGTERM, Nitro waits until all responses have ended. This ends the streams, and tells clients when to come back.
export default defineNitroPlugin(() => {
  process.once("SIGTERM", () => void events.close({ grace: 5_000 }));
});
