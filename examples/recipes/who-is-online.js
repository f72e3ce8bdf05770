// @ts-check
// Sends the list of users who are online to all of them at each change. A moderator can remove a user.
//
//   node examples/recipes/who-is-online.js
//   curl -N "http://127.0.0.1:3000/room?user=ada"              in one terminal
//   curl -N "http://127.0.0.1:3000/room?user=bob"              in another one
//   curl http://127.0.0.1:3000/online
//   curl -X DELETE http://127.0.0.1:3000/online/bob            ends the streams of bob
import { EventStreamServer, sse } from "@ssekit/express";
import express from "express";
import { start } from "./start.js";

const events = new EventStreamServer();
const app = express();
app.use(sse(events));

app.get("/room", (req, res) => {
  const user = req.query["user"]; // replace this with your login: anyone can put any name into the query
  if (typeof user !== "string" || user === "") return void res.sendStatus(401);
  const stream = res.sse();
  stream.context = { user };
  announce();
  void stream.closed.then(announce);
});

app.get("/online", (_req, res) => void res.json(online()));

app.delete("/online/:user", (req, res) => {
  for (const stream of events.streams) {
    // end() and not close(): after close(), EventSource would come back. A reload of the page still opens a new stream, so
    // your app must first take the login away from the user.
    if (userOf(stream) === req.params.user) stream.end({ event: "removed", data: "by a moderator" });
  }
  res.sendStatus(204);
});

/** Returns the users with a stream on this server. A user with three tabs is in the list once. */
function online() {
  return [...new Set([...events.streams].map(userOf))];
}

/** @type {NodeJS.Timeout | undefined} */
let announcing;

/**
 * Sends the list after a short delay, once for all changes in that time: a reload then causes no change, and after a restart of
 * the server all users come back at once.
 */
function announce() {
  announcing ??= setTimeout(() => {
    announcing = undefined;
    const users = online();
    for (const stream of events.streams) stream.send({ event: "online", data: users });
  }, 200);
}

/**
 * @param {import("@ssekit/express").EventStream} stream
 * @returns {string}
 */
function userOf(stream) {
  return /** @type {{ user: string }} */ (stream.context).user;
}

start(app, events);
