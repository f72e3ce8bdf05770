import { events } from "../events.server";

export function loader() {
  return Response.json({ open: events.streams.size });
}
