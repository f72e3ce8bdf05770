// @ts-check
// A feed for each user, the same in all of the user's tabs, and announcements to all users.
//
//   node examples/recipes/user-feed.js
//   curl -N "http://127.0.0.1:3000/feed?user=ada"                         in two terminals
//   curl -d text=hello http://127.0.0.1:3000/users/ada/messages           reaches both
//   curl -d text="We close at six." http://127.0.0.1:3000/announcements   reaches all users
import { createChannel, EventStreamServer, sse } from "@ssekit/express";
import express from "express";
import { start } from "./start.js";

const events = new EventStreamServer();
const app = express();
app.use(sse(events), express.urlencoded());

// All users share one channel, because a stream has only one last event ID. With it, a tab that was offline for up to five
// minutes gets all events that it missed: messages of its user, and announcements.
const feed = createChannel({ history: { events: 10_000, age: 5 * 60_000 } });

app.get("/feed", (req, res) => {
  const user = userOf(req);
  if (user === undefined) return void res.sendStatus(401); // EventSource does not reconnect after a 401
  // Without the prefix, a user with the name "all" would share a topic with the announcements.
  feed.subscribe(res.sse(), { topics: [`user:${user}`, "all"] });
});

app.post("/users/:user/messages", async (req, res) => {
  const topic = `user:${req.params.user}`;
  await feed.publish({ event: "note", data: { text: req.body?.text ?? "" }, topic });
  res.sendStatus(202);
});

app.post("/announcements", async (req, res) => {
  await feed.publish({ event: "announcement", data: { text: req.body?.text ?? "" }, topic: "all" });
  res.sendStatus(202);
});

/**
 * Replace this with your login: anyone can put any name into the query.
 * @param {import("express").Request} req
 */
function userOf(req) {
  const { user } = req.query;
  return typeof user === "string" && user !== "" ? user : undefined;
}

start(app, events);
