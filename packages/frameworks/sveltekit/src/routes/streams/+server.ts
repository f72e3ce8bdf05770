import { json, type RequestHandler } from "@sveltejs/kit";
import { events } from "$lib/server/events";

export const GET: RequestHandler = () => json({ open: events.streams.size });
