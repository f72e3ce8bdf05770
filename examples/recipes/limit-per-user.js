// @ts-check
// At most three streams for each user. There are two ways to handle the fourth.
//
//   node examples/recipes/limit-per-user.js
//   curl -N "http://127.0.0.1:3000/feed?user=ada"      in four terminals: the first one ends
//   curl -N "http://127.0.0.1:3000/export?user=ada"    in four terminals: the fourth is told to come back in 30 s
import { EventStreamServer, sse } from "@ssekit/express";
import express from "express";
import { start } from "./start.js";

const limit = 3;

const events = new EventStreamServer();
const app = express();
app.use(sse(events));

// For people, the oldest stream ends. A user who opens a tab expects that this tab works. Also, the oldest stream may belong
// to a lost connection that the server has not noticed yet. Then a refusal would lock the user out.
app.get("/feed", (req, res) => {
  const user = userOf(req);
  if (user === undefined) return void res.sendStatus(401);
  const open = streamsOf("feed", user);
  for (const oldest of open.slice(0, Math.max(0, open.length + 1 - limit))) {
    // end() and not close(): after close(), the tab would come back by itself and end the next stream, again and again. With
    // this event, the page can show "continued in another tab" and a button that connects again.
    oldest.end({ event: "replaced", data: "Continued in another tab." });
  }
  const stream = res.sse();
  stream.context = { route: "feed", user };
  stream.send({ event: "welcome", data: user });
});

// For programs, the new stream is refused. Otherwise a program that was started by mistake would break one that runs. The
// refusal is a 200 with `retry`, because EventSource gives up on any other status. It comes back after that time.
app.get("/export", (req, res) => {
  const user = userOf(req);
  if (user === undefined) return void res.sendStatus(401);
  const isFull = streamsOf("export", user).length >= limit;
  const stream = res.sse();
  if (isFull) return stream.close({ retry: 30_000 });
  stream.context = { route: "export", user };
  stream.send({ event: "welcome", data: user });
});

/**
 * The open streams of a user, the oldest first.
 * @param {string} route
 * @param {string} user
 */
function streamsOf(route, user) {
  return [...events.streams].filter((stream) => {
    const context = /** @type {{ route?: string, user?: string } | undefined} */ (stream.context);
    return context?.route === route && context.user === user;
  });
}

/**
 * Replace this with your login: anyone can put any name into the query.
 * @param {import("express").Request} req
 */
function userOf(req) {
  const { user } = req.query;
  return typeof user === "string" && user !== "" ? user : undefined;
}

start(app, events);
