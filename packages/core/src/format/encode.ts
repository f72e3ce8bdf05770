import type { EventMessage } from "./message.js";
import { SseError, describe } from "../sse-error.js";

/** Makes text of the `data` of a message that is not a string. The default is `JSON.stringify`. */
export type Serialize = (data: unknown) => string;

const LINE_END = /\r\n|\r|\n/;
const MAX_RETRY = 2 ** 31 - 1; // clients hand it to setTimeout, which fires at once for more

/**
 * Writes one message as a block of the event stream format. A message without any field is no block: `""`.
 *
 * @throws {SseError} `ERR_SSE_INVALID_FIELD`, `ERR_SSE_INVALID_DATA`.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function encode(message: EventMessage, options?: { serialize?: Serialize }): string {
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    throw new SseError(
      "ERR_SSE_INVALID_FIELD",
      `message: expected an object with event, data, id, retry or comment, got ${describe(message)}`,
    );
  }
  for (const key in message) {
    if (key !== "event" && key !== "data" && key !== "id" && key !== "retry" && key !== "comment") {
      throw new SseError(
        "ERR_SSE_INVALID_FIELD",
        `${key}: no such field; a message has event, data, id, retry and comment. Put your own values into data`,
      );
    }
  }

  const { comment, event, id, retry, data } = message;
  let block = "";
  if (comment !== undefined) block += lines(":", text("comment", comment));
  if (event !== undefined) block += line("event:", singleLine("event", event));
  if (id !== undefined) {
    if (singleLine("id", id).includes("\0")) throw invalid("id", "a string without NUL", id);
    block += line("id:", id);
  }
  if (retry !== undefined) {
    if (typeof retry !== "number" || !Number.isInteger(retry) || retry < 0 || retry > MAX_RETRY) {
      throw invalid("retry", `a whole number of milliseconds from 0 to ${MAX_RETRY}`, retry);
    }
    block += `retry: ${retry}\n`;
  }
  if (data !== undefined) block += lines("data:", dataText(data, options?.serialize));
  else if (event !== undefined) block += "data:\n"; // without data no client dispatches the event
  return block === "" ? "" : `${block}\n`;
}

function invalid(field: string, expected: string, value: unknown): SseError {
  return new SseError("ERR_SSE_INVALID_FIELD", `${field}: expected ${expected}, got ${describe(value)}`);
}

function text(field: string, value: unknown): string {
  if (typeof value !== "string") throw invalid(field, "a string", value);
  return value;
}

function singleLine(field: string, value: unknown): string {
  const checked = text(field, value);
  if (checked.includes("\n") || checked.includes("\r"))
    throw invalid(field, "a string without CR or LF", checked);
  return checked;
}

// One space after the colon: a client removes exactly one, so a value that starts with a space keeps it.
function line(name: string, value: string): string {
  return value === "" ? `${name}\n` : `${name} ${value}\n`;
}

function lines(name: string, value: string): string {
  if (!value.includes("\n") && !value.includes("\r")) return line(name, value);
  let block = "";
  for (const part of value.split(LINE_END)) block += line(name, part);
  return block;
}

/** The text of `data`, before it is split into lines. */
export function dataText(data: unknown, serialize: Serialize | undefined): string {
  if (typeof data === "string") return data;
  const hint = refusal(data);
  if (hint !== undefined) {
    throw new SseError(
      "ERR_SSE_INVALID_DATA",
      `data: expected a string or a JSON value, got ${describe(data)}; ${hint}`,
    );
  }
  let json: unknown;
  try {
    json = serialize === undefined ? JSON.stringify(data) : serialize(data);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SseError("ERR_SSE_INVALID_DATA", `data: could not be serialized: ${reason}`, { cause });
  }
  if (typeof json !== "string") {
    const by = serialize === undefined ? "JSON.stringify" : "serialize";
    throw new SseError("ERR_SSE_INVALID_DATA", `data: expected a string from ${by}, got ${describe(json)}`);
  }
  return json;
}

/** Why a value is no data, and what to send instead; `undefined` when it may be serialized. */
function refusal(data: unknown): string | undefined {
  if (data === null) return 'leave data out, send "" for an empty event, or "null" if the client parses JSON';
  if (typeof data === "bigint") return "send String(value)";
  if (typeof data === "function" || typeof data === "symbol") return "send what it stands for";
  if (typeof data !== "object") return undefined;
  const isBuffer = Object.prototype.toString.call(data).endsWith("ArrayBuffer]");
  if (ArrayBuffer.isView(data) || isBuffer) {
    return "an event stream is text: decode it, or send it as base64";
  }
  if (typeof (data as { then?: unknown }).then === "function") return "await it first";
  return undefined;
}
