import { events } from "../lib/events";

export const GET = () => Response.json({ open: events.streams.size });
