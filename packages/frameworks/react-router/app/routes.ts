import { route, type RouteConfig } from "@react-router/dev/routes";

export default [
  route("events", "routes/events.ts"),
  route("answer", "routes/answer.ts"),
  route("streams", "routes/streams.ts"),
  route("probe", "routes/probe.ts"),
] satisfies RouteConfig;
