import { probe } from "ssekit-probe";
import { app, events } from "./app.js";

app.get("/probe", ({ req }) => events.respond(req, probe(req.url)));

await import("./server.js");
