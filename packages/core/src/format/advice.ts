const NOTHING = "JSON makes {} of it; send({ data: ";
const NO_JSON = "JSON makes null of it; send({ data: String(value) })";

/**
 * Says what to do with a value that is never sent, even with a `serialize` option: a promise, a function or a symbol.
 * `undefined`: the value is none of these.
 */
export function adviceForNever(value: unknown): string | undefined {
  if (typeof value === "function")
    return "call it and send what it returns, or give it to sendAll as a source";
  if (typeof value === "symbol") return "send what it stands for";
  return isThenable(value) ? "await it first" : undefined;
}

/**
 * Says what to do with a value whose content JSON would lose, because JSON has no form for it or writes `{}` or
 * `null`. `undefined`: JSON keeps it. Values inside objects and arrays are not looked at.
 */
export function adviceForJson(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : NO_JSON;
  if (typeof value === "bigint") return "JSON has no such value; send({ data: String(value) })";
  if (typeof value !== "object" || value === null || isPlain(value)) return undefined;
  // Tags and not instanceof: under Jest, a value may come from another realm.
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  // This comes before toJSON, because Buffer has that method.
  if (ArrayBuffer.isView(value) || tag.endsWith("ArrayBuffer")) {
    return "decode the bytes, or send them as base64; relay of @ssekit/relay takes those of an event stream";
  }
  if (tag === "Date") return Number.isNaN(Number(value)) ? NO_JSON : undefined;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return undefined;
  if (tag === "Error" || tag === "DOMException" || value instanceof Error) {
    return `${NOTHING}{ message: error.message } })`;
  }
  if (tag === "Map") return `${NOTHING}Object.fromEntries(map) })`;
  if (tag === "Set") return `${NOTHING}[...set] })`;
  if (tag === "RegExp") return `${NOTHING}String(value) })`;
  const isIterable = Symbol.iterator in value || Symbol.asyncIterator in value;
  return isIterable && Object.keys(value).length === 0
    ? `${NOTHING}[...value] }), or each of its items with sendAll(source)`
    : undefined;
}

/** Whether a value is a plain object or an array, as most data and nearly every message are. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || prototype === Array.prototype;
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
