import { defineEventHandler } from "h3";
import { events } from "../lib/events";

export default defineEventHandler(() => ({ open: events.streams.size }));
