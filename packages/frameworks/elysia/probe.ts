import { probe } from "ssekit-probe";
import { app, events } from "./app";

app.get("/probe", ({ request }) => events.respond(request, probe(request.url)));

await import("./server");
