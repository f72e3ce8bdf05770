import { onTestFinished } from "vitest";
import { StreamReader } from "../../../packages/conformance/src/clients/stream-reader.js";
import { startExample } from "../../../packages/conformance/src/support/start-example.js";

/** Starts `node <file>` on a free port, and stops it at the end of the test. */
export async function startRecipe(file: string, env?: Record<string, string>) {
  const { address, ...server } = await startExample("recipes", env, file);
  const request = (path: string, init: RequestInit = {}) =>
    fetch(address + path, { ...init, signal: AbortSignal.timeout(10_000) });
  return {
    ...server,
    address,
    request,
    /** Posts a form. */
    post: (path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) =>
      request(path, { method: "POST", body: new URLSearchParams(fields), headers }),
    /** Reads an event stream, as EventSource does. */
    read: async (path: string, init: RequestInit = {}) => {
      const headers = { accept: "text/event-stream", ...(init.headers as Record<string, string>) };
      const reader = new StreamReader(await fetch(address + path, { ...init, headers }));
      onTestFinished(() => reader.leave());
      return reader;
    },
  };
}
