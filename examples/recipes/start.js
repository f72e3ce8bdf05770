// @ts-check

/**
 * Every recipe ends with this call. It listens on PORT. On SIGINT or SIGTERM it closes all streams and tells their clients
 * when to come back.
 * @param {import("express").Express} app
 * @param {import("@ssekit/express").EventStreamServer} events
 */
export function start(app, events) {
  const { PORT = "3000" } = process.env;
  const server = app.listen(Number(PORT), "127.0.0.1", (/** @type {any} */ error) => {
    if (error) {
      console.error(`Cannot listen on port ${PORT}: ${error.message}. Choose another one with PORT=3001.`);
      process.exit(1);
    }
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    console.log(`http://127.0.0.1:${port}\nCtrl+C stops it.`);
  });

  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      await events.close({ grace: 2000 });
      server.close();
    });
  }
}
