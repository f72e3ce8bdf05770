import { events } from "@/lib/events";

export const dynamic = "force-dynamic";

async function* answer() {
  for (const word of ["This", "takes", "about", "one", "second"]) {
    yield { data: word };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export function GET(request: Request) {
  return events.respond(request, answer);
}
