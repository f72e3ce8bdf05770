import type { CloseReason, EventStreamOptions } from "@ssekit/core";
import { onTestFinished } from "vitest";
import type { Adapter, App, Route } from "../adapter.js";
import { StreamReader } from "../clients/stream-reader.js";
import { within } from "./within.js";

/** An app of one test, and its clients. */
export interface TestApp extends App {
  /** What `onError` was told. */
  readonly reported: unknown[];
  /** What `onClose` was told. */
  readonly closeReasons: CloseReason[];
  /** A `fetch` of a path of the app. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Requests an event stream as EventSource does, and reads it. */
  read(path: string, init?: RequestInit): Promise<StreamReader>;
}

/** The header by which EventSource says that it reads event streams. */
export const ACCEPT = { accept: "text/event-stream" };

/** Starts an app that is over with the test. */
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
  // Kept until the test is over: undici cancels the body of a response that was collected.
  const responses: Response[] = [];
  const request = async (path: string, init?: RequestInit): Promise<Response> => {
    const response = await within(`${init?.method ?? "GET"} ${path}`, fetch(app.url + path, init));
    responses.push(response);
    return response;
  };
  onTestFinished(() => void responses.splice(0));
  // Its getters would be evaluated by a spread.
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
