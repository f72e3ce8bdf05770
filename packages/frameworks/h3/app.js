import { createChannel, EventStreamServer } from "@ssekit/core";
import { H3 } from "h3";

export const events = new EventStreamServer();
const prices = createChannel();

async function* answer() {
  for (const word of ["This", "takes", "about", "one", "second"]) {
    yield { data: word };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export const app = new H3()
  .get("/events", ({ req }) => events.respond(req, (stream) => prices.subscribe(stream)))
  .post("/events", async ({ req }) => {
    const id = await prices.publish({ event: "tick", data: await req.json() });
    return { id };
  })
  .get("/answer", ({ req }) => events.respond(req, answer))
  .get("/streams", () => ({ open: events.streams.size }));
