// @ts-check
// Streams that close when their user logs out, and exactly when the login expires.
//
//   SESSION_SECONDS=60 node examples/recipes/log-out.js
//   curl -c cookies -d user=ada http://127.0.0.1:3000/login
//   curl -N -b cookies http://127.0.0.1:3000/feed                         ends after a minute
//   curl -b cookies -X POST http://127.0.0.1:3000/logout                  ends it at once
import { randomUUID } from "node:crypto";
import { EventStreamServer, sse } from "@ssekit/express";
import express from "express";
import { start } from "./start.js";

const lifetime = 1000 * Number(process.env["SESSION_SECONDS"] ?? 3600);

/** @typedef {{ token: string, user: string, expiresAt: number }} Session */
/** @type {Map<string, Session>} by token; in your app, a session store, or a JWT and its `exp` */
const sessions = new Map();

const events = new EventStreamServer();
const app = express();
app.use(sse(events), express.urlencoded());

app.post("/login", (req, res) => {
  const token = randomUUID();
  const expiresAt = Date.now() + lifetime;
  sessions.set(token, { token, user: String(req.body?.user), expiresAt });
  // A page cannot give EventSource a header, so the token is a cookie.
  res.cookie("session", token, { httpOnly: true, sameSite: "strict", expires: new Date(expiresAt) });
  res.sendStatus(204);
});

app.get("/feed", (req, res) => {
  const session = sessionOf(req);
  if (session === undefined) return void res.sendStatus(401); // EventSource does not reconnect after a 401
  // When the session expires, the stream is closed, and EventSource reconnects. If the page has renewed its session in the
  // meantime, it gets a new stream. Otherwise it gets the 401.
  const stream = res.sse(undefined, { expiresAt: session.expiresAt });
  stream.context = { session };
  stream.send({ event: "welcome", data: session.user });
});

app.post("/logout", (req, res) => {
  const session = sessionOf(req);
  if (session === undefined) return void res.sendStatus(401);
  sessions.delete(session.token);
  for (const stream of events.streams) {
    // All tabs with this login. To log out on all devices, compare the users instead.
    if (sessionOn(stream) !== session) continue;
    stream.send({ event: "logged-out" });
    // close() and not end(): on a channel, end() first delivers the events that were published. A client that comes back
    // gets a 401.
    stream.close();
  }
  res.clearCookie("session").sendStatus(204);
});

/** @param {import("express").Request} req */
function sessionOf(req) {
  const token = /(?:^|; )session=([^;]+)/.exec(req.get("Cookie") ?? "")?.[1] ?? "";
  const session = sessions.get(token);
  if (session === undefined || session.expiresAt > Date.now()) return session;
  sessions.delete(token);
  return undefined;
}

/** @param {import("@ssekit/express").EventStream} stream */
function sessionOn(stream) {
  return /** @type {{ session: Session }} */ (stream.context).session;
}

start(app, events);
