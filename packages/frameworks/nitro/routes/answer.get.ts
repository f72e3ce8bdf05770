import { defineEventHandler } from "h3";
import { sendEvents } from "../lib/events";

async function* answer() {
  for (const word of ["This", "takes", "about", "one", "second"]) {
    yield { data: word };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export default defineEventHandler((event) => sendEvents(event, answer));
