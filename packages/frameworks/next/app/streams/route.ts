import { events } from "@/lib/events";

export const dynamic = "force-dynamic";

export function GET() {
  return Response.json({ open: events.streams.size });
}
