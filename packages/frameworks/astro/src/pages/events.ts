import type { APIRoute } from "astro";
import { events, prices } from "../lib/events";

export const GET: APIRoute = ({ request }) => events.respond(request, (stream) => prices.subscribe(stream));

export const POST: APIRoute = async ({ request }) => {
  const id = await prices.publish({ event: "tick", data: await request.json() });
  return Response.json({ id });
};
