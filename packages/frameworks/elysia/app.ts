import { createChannel, EventStreamServer } from "@ssekit/core";
import { Elysia } from "elysia";

export const events = new EventStreamServer();
const prices = createChannel();

async function* answer() {
  for (const word of ["This", "takes", "about", "one", "second"]) {
    yield { data: word };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export const app = new Elysia()
  .get("/events", ({ request }) => events.respond(request, (stream) => prices.subscribe(stream)))
  .post("/events", async ({ body }) => {
    const id = await prices.publish({ event: "tick", data: body });
    return { id };
  })
  .get("/answer", ({ request }) => events.respond(request, answer))
  .get("/streams", () => ({ open: events.streams.size }));
