import type { RequestHandler } from "@sveltejs/kit";
import { probe } from "ssekit-probe";
import { events } from "$lib/server/events";

export const GET: RequestHandler = ({ request }) => events.respond(request, probe(request.url));
