import type { RequestHandler } from "@sveltejs/kit";
import { events } from "$lib/server/events";

async function* answer() {
  for (const word of ["This", "takes", "about", "one", "second"]) {
    yield { data: word };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export const GET: RequestHandler = ({ request }) => events.respond(request, answer);
