import { events, prices } from "@/lib/events";

export const dynamic = "force-dynamic";

export function GET(request: Request) {
  return events.respond(request, (stream) => prices.subscribe(stream));
}

export async function POST(request: Request) {
  const id = await prices.publish({ event: "tick", data: await request.json() });
  return Response.json({ id });
}
