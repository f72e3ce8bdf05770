// @ts-check
// At most three streams for each user. There are two ways to deal with the fourth.
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

// For people, the oldest stream ends. Whoever opens a tab looks at that one and expects it to work, and the oldest may be
// the rest of a lost connection, of which the server does not know yet: then a refusal would lock the user out.
app.get("/feed", (req, res) => {
  const user = userOf(req);
  if (user === undefined) return void res.sendStatus(401);
  const open = streamsOf("feed", user);
  for (const oldest of open.slice(0, Math.max(0, open.length + 1 - limit))) {
    // end() and not close(): the tab would come back by itself and throw the next one out, in circles. This event lets the
    // page say "continued in another tab", with a button that connects again.
    oldest.end({ event: "replaced", data: "Continued in another tab." });
  }
  const stream = res.sse();
  stream.context = { route: "feed", user };
  stream.send({ event: "welcome", data: user });
});

// For programs, the new stream is refused, because one that runs must not be broken by one that was started by mistake.
// The refusal is a 200 with `retry`, for EventSource gives up on any other status. It comes back after that time.
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
 * Stands for your login. A name in the query can be anybody's.
 * @param {import("express").Request} req
 */
function userOf(req) {
  const { user } = req.query;
  return typeof user === "string" && user !== "" ? user : undefined;
}

start(app, events);
