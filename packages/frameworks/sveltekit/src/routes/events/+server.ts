import { json, type RequestHandler } from "@sveltejs/kit";
import { events, prices } from "$lib/server/events";

export const GET: RequestHandler = ({ request }) =>
  events.respond(request, (stream) => prices.subscribe(stream));

export const POST: RequestHandler = async ({ request }) => {
  const id = await prices.publish({ event: "tick", data: await request.json() });
  return json({ id });
};
