const { EventStreamServer } = require("@ssekit/express");
const { readEvents } = require("@ssekit/testing");
const request = require("supertest");
const { createApp } = require("./app.js");

test("readEvents reads a stream that does not end", async () => {
  const events = await readEvents(request(createApp({})).get("/clock"), 2);

  expect(events).toEqual([
    { type: "tick", data: '{"ticks":1}', lastEventId: "" },
    { type: "tick", data: '{"ticks":2}', lastEventId: "" },
  ]);
});

test("an answer is relayed", async () => {
  const askModel = async () =>
    new Response('data: {"text":"Hel"}\n\ndata: {"text":"lo"}\n\ndata: [DONE]\n\n', {
      headers: { "content-type": "text/event-stream" },
    });

  const events = await readEvents(request(createApp({ askModel })).get("/answer"), (received) =>
    received.some(({ type }) => type === "end"),
  );

  expect(events.map(({ type, data }) => [type, data])).toEqual([
    ["start", ""],
    ["message", '{"text":"Hel"}'],
    ["message", '{"text":"lo"}'],
    ["end", ""],
  ]);
});

test("a server that shuts down ends its streams", async () => {
  const events = new EventStreamServer();
  const reading = request(createApp({ events })).get("/clock").buffer(true).expect(200).then();
  while (events.streams.size === 0) await new Promise((turn) => setTimeout(turn, 5));

  await events.close({ grace: 1_000 });

  expect((await reading).text).toContain("retry: ");
});
