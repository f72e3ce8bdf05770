import { probe } from "ssekit-probe";
import { events } from "@/lib/events";

export const dynamic = "force-dynamic";

export function GET(request: Request) {
  return events.respond(request, probe(request.url));
}
