import { defineEventHandler } from "h3";
import { probe } from "ssekit-probe";
import { sendEvents } from "../lib/events";

export default defineEventHandler((event) => sendEvents(event, probe(event.path)));
