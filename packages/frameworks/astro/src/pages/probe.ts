import type { APIRoute } from "astro";
import { probe } from "ssekit-probe";
import { events } from "../lib/events";

export const GET: APIRoute = ({ request }) => events.respond(request, probe(request.url));
