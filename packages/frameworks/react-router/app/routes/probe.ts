import type { LoaderFunctionArgs } from "react-router";
import { probe } from "ssekit-probe";
import { events } from "../events.server";

export function loader({ request }: LoaderFunctionArgs) {
  return events.respond(request, probe(request.url));
}
