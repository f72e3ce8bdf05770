import { adviceForJson, adviceForNever, isPlain } from "./advice.js";
import { line, lines } from "./lines.js";
import type { EventMessage } from "./message.js";
import { SseError, describe } from "../sse-error.js";

/**
 * Makes the text of `data` that is not a string.
 *
 * It decides about every value but promises, functions and symbols, which are refused before.
 *
 * @default JSON.stringify
 */
export type Serialize = (data: unknown) => string;

const MAX_RETRY = 2 ** 31 - 1; // clients hand it to setTimeout, which fires at once for more
const AS_DATA = "to send the value itself: send({ data: value })";

/**
 * Writes one message as a block of the event stream format.
 *
 * The fields are written in the order comment, event, id, retry, data. An event without data gets an empty data line.
 *
 * @throws {SseError} `ERR_SSE_INVALID_FIELD` if a field is not allowed on the wire or there is no field at all,
 * `ERR_SSE_INVALID_DATA` if the content of `data` would be lost.
 * @example
 * encode({ event: "tick", id: "7", data: { now: 5 } }); // 'event: tick\nid: 7\ndata: {"now":5}\n\n'
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function encode(message: EventMessage, options?: { serialize?: Serialize }): string {
  checkMessage(message);
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
  if (block === "") throw notAMessage("at least one of event, data, id, retry and comment", message, AS_DATA);
  return `${block}\n`;
}

function checkMessage(message: unknown): void {
  const expected = "an object with event, data, id, retry or comment";
  if (typeof message !== "object" || message === null || !isPlain(message)) {
    const advice = adviceForNever(message) ?? adviceForJson(message);
    if (advice !== undefined) throw notAMessage(expected, message, advice.message);
  }
  if (typeof message === "string") throw notAMessage(expected, message, "encode({ data: text })");
  if (typeof message !== "object" || message === null) throw notAMessage(expected, message, AS_DATA);
  if (Array.isArray(message)) {
    throw notAMessage(expected, message, `${AS_DATA}. To send each of its items: sendAll(array)`);
  }
  for (const key in message) {
    if (key !== "event" && key !== "data" && key !== "id" && key !== "retry" && key !== "comment") {
      const advice = adviceForNever(message);
      if (advice !== undefined) throw notAMessage(expected, message, advice.message);
      throw new SseError(
        "ERR_SSE_INVALID_FIELD",
        `${key}: no such field; a message has event, data, id, retry and comment. Put your own values into data; ` +
          `${AS_DATA}, and for each item of a source use toMessage: (item) => ({ data: item })`,
      );
    }
  }
}

function notAMessage(expected: string, message: unknown, advice: string): SseError {
  return new SseError(
    "ERR_SSE_INVALID_FIELD",
    `message: expected ${expected}, got ${describe(message)}; ${advice}`,
  );
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

/** The text of `data`, before it is split into lines. */
export function dataText(data: unknown, serialize: Serialize | undefined): string {
  if (typeof data === "string") return data;
  const advice = adviceForNever(data) ?? (serialize === undefined ? adviceForJson(data) : undefined);
  if (advice !== undefined) {
    throw new SseError(
      "ERR_SSE_INVALID_DATA",
      `data: expected a string or a JSON value, got ${describe(data)}; ${advice.data}`,
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
