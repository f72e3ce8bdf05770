import type { EventStream, EventStreamOptions, Source } from "@ssekit/core";
import type { Route } from "../adapter.js";

type Opened = EventStream | Promise<EventStream>;

/**
 * Opens the stream of a route on a framework whose method returns a promise if there is a source. It opens a second one
 * if the route misuses the method in this way.
 */
export async function openRoute(
  { misuse, again, source, options, onStream }: Route,
  sse: (source?: Source, options?: EventStreamOptions) => Opened,
  errors: unknown[],
): Promise<void> {
  if (source === undefined && options === undefined) {
    const stream = sse() as EventStream;
    onStream?.(stream);
  } else {
    // Only a function gets the stream before the head is sent.
    const given: Route["source"] =
      onStream === undefined
        ? source
        : (stream) => {
            onStream(stream);
            return typeof source === "function" ? source(stream) : source;
          };
    await sse(given, options);
  }
  if (misuse !== "open twice") return;
  try {
    await (again === undefined ? sse() : sse(again));
  } catch (error) {
    errors.push(error); // rethrown, it would replace the first stream
  }
}
