import { defineEventHandler } from "h3";
import { prices, sendEvents } from "../lib/events";

export default defineEventHandler((event) => sendEvents(event, (stream) => prices.subscribe(stream)));
