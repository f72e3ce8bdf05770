import type { ActionFunctionArgs, LoaderFunctionArgs } from "react-router";
import { events, prices } from "../events.server";

// A route without a component is a resource route: the response of its loader is the response.
export function loader({ request }: LoaderFunctionArgs) {
  return events.respond(request, (stream) => prices.subscribe(stream));
}

export async function action({ request }: ActionFunctionArgs) {
  const id = await prices.publish({ event: "tick", data: await request.json() });
  return Response.json({ id });
}
