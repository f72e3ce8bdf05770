import { SseError } from "@ssekit/core";
import type { Head } from "./connection.js";

const MAX_BODY = 4096; // UTF-16 code units

/** Collects the beginning of the body of a response that is not an event stream. The body usually says why. */
export interface UnexpectedResponse {
  /** Takes the next chunk. Returns whether enough of the body has arrived. */
  push(chunk: Uint8Array | string): boolean;
  /** Makes the error that shows the response. */
  error(): SseError;
}

/**
 * Checks the head of a response as EventSource does: the status must be 200, and the content type `text/event-stream`.
 *
 * `undefined` means that both are as expected.
 */
export function findUnexpected({ status, headers }: Head): UnexpectedResponse | undefined {
  const type = String(headers["content-type"] ?? "");
  const isEventStream = type.split(";", 1)[0]?.trim().toLowerCase() === "text/event-stream";
  if (status === 200 && isEventStream) return undefined;

  const decoder = new TextDecoder();
  let body = "";
  return {
    push(chunk) {
      body += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
      return body.length >= MAX_BODY;
    },
    error() {
      const response = { status, headers, body: body.slice(0, MAX_BODY) };
      const lines = Object.entries(headers).map(([name, value]) => `\n  ${name}: ${String(value)}`);
      return new SseError(
        "ERR_SSE_UNEXPECTED_RESPONSE",
        `Expected status 200 and Content-Type text/event-stream, got status ${status} and ` +
          `${type === "" ? "no Content-Type" : type}:${lines.join("")}\n\n${response.body}`,
        { response },
      );
    },
  };
}
