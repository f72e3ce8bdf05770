import { adviceForJson, adviceForNever } from "./advice.js";
import { line, lines } from "./lines.js";
import type { EventMessage } from "./message.js";
import { SseError, unexpected } from "../sse-error.js";

/**
 * A function that makes the text of `data` that is not a string, in place of `JSON.stringify`.
 *
 * It is called with every value but promises, functions and symbols, which are refused first.
 *
 * @example
 * const serialize: Serialize = (data) => superjson.stringify(data);
 */
export type Serialize = (data: unknown) => string;

const MAX_RETRY = 2 ** 31 - 1; // clients hand it to setTimeout, which fires at once for a longer time
const FIELDS = ["event", "data", "id", "retry", "comment"];
const FIELD_NAMES = FIELDS.join(", ");
const AS_DATA = "to send the value itself: send({ data: value })";

/**
 * Writes one message as a block of the event stream format.
 *
 * The fields are written in the order comment, event, id, retry, data. An event without data gets an empty data line.
 *
 * @param options `serialize` makes the text of `data` that is not a string; without it, `JSON.stringify` does.
 * @returns the block, with the empty line that ends it.
 * @throws {SseError} `ERR_SSE_INVALID_FIELD` if a field has a value that the format cannot carry, or there is no
 *   field at all; `ERR_SSE_INVALID_DATA` if the content of `data` would be lost.
 * @example
 * encode({ event: "tick", id: "7", data: { now: 5 } }); // 'event: tick\nid: 7\ndata: {"now":5}\n\n'
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function encode(message: EventMessage, options?: { serialize?: Serialize }): string {
  checkMessage(message);
  const { comment, event, id, retry, data } = message;
  let block = "";
  if (comment !== undefined) block += lines(":", text("comment", comment));
  if (event !== undefined) block += line("event:", text("event", event, /[\r\n]/, "CR or LF"));
  if (id !== undefined) block += line("id:", text("id", id, /[\r\n\0]/, "CR, LF or NUL"));
  if (retry !== undefined) {
    if (!Number.isInteger(retry) || retry < 0 || retry > MAX_RETRY) {
      throw invalid("retry", `a whole number of milliseconds from 0 to ${MAX_RETRY}`, retry);
    }
    block += `retry: ${retry}\n`;
  }
  if (data !== undefined) block += lines("data:", dataText(data, options?.serialize));
  else if (event !== undefined) block += "data:\n"; // clients do not dispatch an event without data
  if (block === "") throw invalid("message", `at least one of ${FIELD_NAMES}`, message, AS_DATA);
  return `${block}\n`;
}

function checkMessage(message: unknown): void {
  const advice = adviceForMessage(message);
  if (advice !== undefined) throw invalid("message", `an object with ${FIELD_NAMES}`, message, advice);
  for (const key in message as object) {
    if (!FIELDS.includes(key)) {
      throw new SseError(
        "ERR_SSE_INVALID_FIELD",
        `${key}: no such field; there are ${FIELD_NAMES}. Your own values go into data: send({ data: value }), and for ` +
          "each item of a source toMessage: (item) => ({ data: item })",
      );
    }
  }
}

/** Says what to do with a value that is not a message. `undefined`: it may be one. */
function adviceForMessage(value: unknown): string | undefined {
  if (typeof value === "string") return "encode({ data: text })";
  if (Array.isArray(value)) return `${AS_DATA}, or each of its items: sendAll(array)`;
  return (
    adviceForNever(value) ??
    adviceForJson(value) ??
    (typeof value === "object" && value !== null ? undefined : AS_DATA)
  );
}

function invalid(field: string, expected: string, value: unknown, advice?: string): SseError {
  return unexpected("ERR_SSE_INVALID_FIELD", field, expected, value, advice);
}

function text(field: string, value: unknown, forbidden?: RegExp, names?: string): string {
  if (typeof value !== "string") throw invalid(field, "a string", value);
  if (forbidden?.test(value)) throw invalid(field, `a string without ${names}`, value);
  return value;
}

/** Makes the text of `data`, before it is split into lines. */
export function dataText(data: unknown, serialize: Serialize | undefined): string {
  if (typeof data === "string") return data;
  const advice = adviceForNever(data) ?? (serialize === undefined ? adviceForJson(data) : undefined);
  if (advice !== undefined) throw invalidData("a string or a JSON value", data, advice);
  let json: unknown;
  try {
    json = (serialize ?? JSON.stringify)(data);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SseError("ERR_SSE_INVALID_DATA", `data: could not be serialized: ${reason}`, { cause });
  }
  if (typeof json !== "string") {
    throw invalidData(`a string from ${serialize === undefined ? "JSON.stringify" : "serialize"}`, json);
  }
  return json;
}

function invalidData(expected: string, value: unknown, advice?: string): SseError {
  return unexpected("ERR_SSE_INVALID_DATA", "data", expected, value, advice);
}
