import { serve } from "h3";
import { app, events } from "./app.js";

// After SIGTERM, h3 waits five seconds for its responses. This ends the streams, and tells clients when to come back.
process.once("SIGTERM", () => void events.close({ grace: 4_000 }));

serve(app, { port: process.env.PORT ?? 3000 });
