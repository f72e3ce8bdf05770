/** What to do with a value whose content would be lost on the way to a client. */
export interface Advice {
  /** For the value as `data`. */
  data: string;
  /** For the value in the place of a message. */
  message: string;
}

const AWAIT: Advice = { data: "await it first", message: "await it first" };
const CALL: Advice = {
  data: "a function is not data; call it and send what it returns",
  message: "call it and send what it returns, or give it to sendAll as a source",
};
const SYMBOL: Advice = {
  data: "a symbol is not data; send what it stands for",
  message: "send what it stands for",
};
const ERROR: Advice = {
  data: "JSON makes {} of an error; send what the client may know, such as { message: error.message }",
  message: "send what the client may know: send({ data: { message: error.message } })",
};
const MAP: Advice = {
  data: "JSON makes {} of a Map; send Object.fromEntries(map) or [...map]",
  message: "send({ data: Object.fromEntries(map) })",
};
const SET: Advice = { data: "JSON makes {} of a Set; send [...set]", message: "send({ data: [...set] })" };
const ITEMS: Advice = {
  data: "JSON makes {} of it; send [...value]",
  message:
    "to send each of its items: sendAll(source). To send them as one array: send({ data: [...value] })",
};
const AS_TEXT: Advice = { data: "send String(value)", message: "send({ data: String(value) })" };
const NO_JSON: Advice = {
  data: "JSON has no such value and makes null of it; send null or String(value)",
  message: "send({ data: String(value) })",
};
const BINARY: Advice = {
  data: "an event stream is text; decode the bytes, or send them as base64",
  message:
    "decode it and send({ data: text }). If it is a piece of another event stream, use relay of @ssekit/relay",
};

/** For what is never sent, whatever serializes it: promises, functions and symbols. */
export function adviceForNever(value: unknown): Advice | undefined {
  if (typeof value === "function") return CALL;
  if (typeof value === "symbol") return SYMBOL;
  return isThenable(value) ? AWAIT : undefined;
}

/** For what JSON cannot express, or expresses as `{}` or `null`. Values inside others are left to JSON. */
export function adviceForJson(value: unknown): Advice | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : NO_JSON;
  if (typeof value === "bigint") return AS_TEXT;
  if (typeof value !== "object" || value === null || isPlain(value)) return undefined;
  // Tags and not instanceof: under Jest, values come from another realm.
  const tag: string = Object.prototype.toString.call(value);
  if (ArrayBuffer.isView(value) || tag.endsWith("ArrayBuffer]")) return BINARY; // before toJSON: Buffer has one
  if (tag === "[object Date]") return Number.isNaN(Number(value)) ? NO_JSON : undefined;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return undefined;
  if (tag === "[object Error]" || tag === "[object DOMException]" || value instanceof Error) return ERROR;
  if (tag === "[object Map]") return MAP;
  if (tag === "[object Set]") return SET;
  if (tag === "[object RegExp]") return AS_TEXT;
  const isIterable = Symbol.iterator in value || Symbol.asyncIterator in value;
  return isIterable && Object.keys(value).length === 0 ? ITEMS : undefined;
}

/** Most data and nearly every message. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || prototype === Array.prototype;
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
