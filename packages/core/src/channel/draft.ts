import { dataText, encode, type Serialize } from "../format/encode.js";
import { checkOptions, STRING, type Check, type Checks } from "../check-options.js";
import { SseError } from "../sse-error.js";
import { isThenable } from "../stream/source.js";
import type { Draft } from "./event-log.js";
import type { SchemaResult, StandardSchema } from "./standard-schema.js";

/** The events that a channel sends itself. An app that could publish them could make other clients drop their state. */
const RESERVED = ["reset", "snapshot", "heartbeat"];

const isString = STRING[1];

const EVENT: Check = [
  "another name than reset, snapshot and heartbeat, which a channel uses itself",
  (value) => !RESERVED.includes(value as string),
];
const DATA: Check = ["data", () => true];
const END_FIELDS: Checks = { event: EVENT, data: DATA };
const FIELDS: Checks = {
  event: EVENT,
  data: DATA,
  topic: [
    "a string, or an array of at least one",
    (value) => isString(value) || (Array.isArray(value) && value.length > 0 && value.every(isString)),
  ],
  idempotencyKey: STRING,
  topics: "use topic, a string or an array",
  id: "the log gives the id",
};

interface Fields {
  readonly event?: string;
  readonly data?: unknown;
  readonly topic?: string | readonly string[];
  readonly idempotencyKey?: string;
}

/** How data is checked and made text. */
export interface DraftOptions {
  /** Makes the text of data that is not a string. @default `JSON.stringify` */
  readonly serialize?: Serialize;
  /** The validators of the data, by event type. @default none */
  readonly schemas?: { readonly [type: string]: StandardSchema | undefined };
}

/**
 * Makes the draft of a message; a promise if a validator is asynchronous.
 *
 * @throws {SseError} `ERR_SSE_INVALID_FIELD`, `ERR_SSE_INVALID_DATA`.
 */
export function createDraft(message: unknown, end: boolean, options: DraftOptions): Draft | Promise<Draft> {
  const fields = (typeof message === "string" ? { data: message } : message) as Fields;
  const [what, checks] = end ? ["end", END_FIELDS] : ["publish", FIELDS];
  checkOptions(what, fields, checks, "", "ERR_SSE_INVALID_FIELD");
  const { event, data, topic, idempotencyKey } = fields;
  if (event !== undefined) encode({ event }); // refused here, before it is stored
  const make = (valid: unknown): Draft => ({
    ...(event !== undefined && { event }),
    data: valid === undefined ? "" : dataText(valid, options.serialize),
    ...(topic !== undefined && { topics: [...new Set([topic].flat())] }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(end && { end }),
  });
  const type = event ?? "message";
  const { schemas } = options;
  const schema = schemas !== undefined && Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema === undefined) return make(data);
  const result = schema["~standard"].validate(data);
  return isThenable(result)
    ? Promise.resolve(result).then((validated) => make(valueOf(type, validated)))
    : make(valueOf(type, result));
}

function valueOf(type: string, result: SchemaResult<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ message, path }) =>
    path?.length ? `${path.map(segment).join(".")}: ${message}` : message,
  );
  throw new SseError("ERR_SSE_INVALID_DATA", `data of ${type}: ${issues.join("; ")}`, {
    issues: result.issues,
  });
}

function segment(part: unknown): string {
  return String(typeof part === "object" && part !== null && "key" in part ? part.key : part);
}
