import { app, events } from "./app";

// Bun closes a connection after `idleTimeout` seconds of silence. 0: never, so that the heartbeat may be longer.
app.listen({ port: process.env.PORT ?? 3000, idleTimeout: 0 });

process.once("SIGTERM", async () => {
  await events.close({ grace: 5_000 }); // tells clients when to come back
  await app.stop();
  process.exit();
});
