import type { CloseReason, EventStreamOptions } from "@ssekit/core";
import { onTestFinished } from "vitest";
import type { Adapter, App, Route } from "../adapter.js";
import { StreamReader } from "../clients/stream-reader.js";
import { within } from "./within.js";

/** The app of a test, with helpers to request it. */
export interface TestApp extends App {
  /** The errors that were passed to `onError`. */
  readonly reported: unknown[];
  /** The reasons that were passed to `onClose`. */
  readonly closeReasons: CloseReason[];
  /** Fetches a path of the app. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Requests an event stream as EventSource does, and reads it. */
  read(path: string, init?: RequestInit): Promise<StreamReader>;
}

/** The Accept header of EventSource. */
export const ACCEPT = { accept: "text/event-stream" };

/** Starts an app. It is closed when the test finishes. */
export async function startApp(
  adapter: Adapter,
  routes: Route | readonly Route[],
  options: EventStreamOptions = {},
): Promise<TestApp> {
  const reported: unknown[] = [];
  const closeReasons: CloseReason[] = [];
  const app = await adapter.start([routes].flat(), {
    onError: (error) => void reported.push(error),
    onClose: (_stream, reason) => void closeReasons.push(reason),
    ...options,
  });
  onTestFinished(async () => {
    app.cut();
    await within("events.close()", app.events.close({ grace: 0 }));
    await within("server.close()", app.close());
  });
  const { fetch = globalThis.fetch } = adapter;
  // Responses are kept until the test finishes, because undici cancels the body of a garbage-collected response.
  const responses: Response[] = [];
  const request = async (path: string, init?: RequestInit): Promise<Response> => {
    const response = await within(`${init?.method ?? "GET"} ${path}`, fetch(app.url + path, init));
    responses.push(response);
    return response;
  };
  onTestFinished(() => void responses.splice(0));
  // Not a spread, which would evaluate the getters of the app.
  return Object.create(app, {
    reported: { value: reported },
    closeReasons: { value: closeReasons },
    request: { value: request },
    read: {
      value: async (path: string, init?: RequestInit) => {
        const headers = { ...ACCEPT, ...(init?.headers as Record<string, string> | undefined) };
        return new StreamReader(await request(path, { ...init, headers }));
      },
    },
  }) as TestApp;
}
