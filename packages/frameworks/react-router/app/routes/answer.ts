import type { LoaderFunctionArgs } from "react-router";
import { events } from "../events.server";

async function* answer() {
  for (const word of ["This", "takes", "about", "one", "second"]) {
    yield { data: word };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export function loader({ request }: LoaderFunctionArgs) {
  return events.respond(request, answer);
}
