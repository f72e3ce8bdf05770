const { EventStreamServer, sse } = require("@ssekit/express");
const { relay } = require("@ssekit/relay");
const express = require("express");

/** Makes an app that relays the response of `askModel`. */
function createApp({ askModel, events = new EventStreamServer() }) {
  const app = express();
  app.use(sse(events));

  app.get("/clock", (_req, res) => {
    const stream = res.sse();
    let ticks = 0;
    const timer = setInterval(() => stream.send({ event: "tick", data: { ticks: ++ticks } }), 10);
    stream.signal.addEventListener("abort", () => clearInterval(timer));
  });

  app.get("/answer", (_req, res) => {
    async function* answer({ signal }) {
      yield* relay(await askModel(signal), { doneOn: "[DONE]" });
    }
    res.sse(answer, { once: true });
  });

  return app;
}

module.exports = { createApp };
