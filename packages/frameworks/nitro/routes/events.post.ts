import { defineEventHandler, readBody } from "h3";
import { prices } from "../lib/events";

export default defineEventHandler(async (event) => {
  const id = await prices.publish({ event: "tick", data: await readBody(event) });
  return { id };
});
