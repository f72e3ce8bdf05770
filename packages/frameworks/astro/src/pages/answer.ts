import type { APIRoute } from "astro";
import { events } from "../lib/events";

async function* answer() {
  for (const word of ["This", "takes", "about", "one", "second"]) {
    yield { data: word };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export const GET: APIRoute = ({ request }) => events.respond(request, answer);
