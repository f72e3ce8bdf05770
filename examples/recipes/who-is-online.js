// @ts-check
// Who is online, told to everybody at each change, and a way to remove somebody.
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
  const user = req.query["user"]; // stands for your login: a name in the query can be anybody's
  if (typeof user !== "string" || user === "") return void res.sendStatus(401);
  const stream = res.sse();
  stream.context = { user };
  announce();
  void stream.closed.then(announce);
});

app.get("/online", (_req, res) => void res.json(online()));

app.delete("/online/:user", (req, res) => {
  for (const stream of events.streams) {
    // end() and not close(), after which EventSource would come back. A reload of the page does open a new stream: take
    // the user's login away first.
    if (userOf(stream) === req.params.user) stream.end({ event: "removed", data: "by a moderator" });
  }
  res.sendStatus(204);
});

/** The users with a stream on this server. One who has three tabs is in the list once. */
function online() {
  return [...new Set([...events.streams].map(userOf))];
}

/** @type {NodeJS.Timeout | undefined} */
let announcing;

/** Soon, and once for all changes until then: a reload is no change, and when a server comes back all users come at once. */
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
