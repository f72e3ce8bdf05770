import { readEvents } from "@ssekit/testing";
import request from "supertest";
import { expect, test } from "vitest";
import { app } from "./app.js";

test("the clock ticks", async () => {
  const events = await readEvents(request(app).get("/clock"), 2);
  expect(events.map((event) => event.type)).toEqual(["tick", "tick"]);
});
