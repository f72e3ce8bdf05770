import { dataText, encode, type Serialize } from "../format/encode.js";
import { SseError, describe } from "../sse-error.js";
import { isThenable } from "../stream/source.js";
import type { Draft } from "./event-log.js";
import type { SchemaResult, StandardSchema } from "./standard-schema.js";

const FIELDS = new Set(["event", "data", "topic", "idempotencyKey"]);
const END_FIELDS = new Set(["event", "data"]);

/** The events that a channel sends itself. An app that could publish them could make other clients drop their state. */
const RESERVED = new Set(["reset", "snapshot", "heartbeat"]);

/** How data is checked and made text. */
export interface DraftOptions {
  readonly serialize?: Serialize;
  readonly schemas?: { readonly [type: string]: StandardSchema | undefined };
}

/**
 * Makes the draft of a message; a promise if a validator is asynchronous.
 *
 * @throws {SseError} `ERR_SSE_INVALID_FIELD`, `ERR_SSE_INVALID_DATA`.
 */
export function createDraft(message: unknown, end: boolean, options: DraftOptions): Draft | Promise<Draft> {
  const fields = (typeof message === "string" ? { data: message } : message) as Record<string, unknown>;
  const known = end ? END_FIELDS : FIELDS;
  const names = [...known].join(", ");
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw invalid("message", `an object with ${names}, or a string`, fields);
  }
  for (const name of Object.keys(fields)) {
    if (known.has(name)) continue;
    const why =
      name === "id" ? ": the log gives the id" : end ? ": the end of a channel is for everybody" : "";
    throw invalid(name, `no such field; there are ${names}${why}`, fields[name]);
  }
  const { event, data, topic, idempotencyKey } = fields;
  const topics = topicsOf(topic);
  if (idempotencyKey !== undefined && typeof idempotencyKey !== "string") {
    throw invalid("idempotencyKey", "a string", idempotencyKey);
  }
  if (event !== undefined) encode({ event: event as string }); // refused here, before it is stored
  if (RESERVED.has(event as string)) {
    throw invalid("event", `another name: a channel sends ${[...RESERVED].join(", ")} itself`, event);
  }
  const make = (valid: unknown): Draft => ({
    ...(event !== undefined && { event: event as string }),
    data: valid === undefined ? "" : dataText(valid, options.serialize),
    ...(topics !== undefined && { topics }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(end && { end }),
  });
  const type = (event as string | undefined) ?? "message";
  const { schemas } = options;
  const schema = schemas !== undefined && Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema === undefined) return make(data);
  const result = schema["~standard"].validate(data);
  return isThenable(result)
    ? Promise.resolve(result).then((validated) => make(valueOf(type, validated)))
    : make(valueOf(type, result));
}

function topicsOf(topic: unknown): readonly string[] | undefined {
  if (topic === undefined) return undefined;
  if (typeof topic === "string") return [topic];
  if (Array.isArray(topic) && topic.length > 0 && topic.every((one) => typeof one === "string")) {
    return [...new Set<string>(topic)];
  }
  throw invalid("topic", "a string, or an array of at least one", topic);
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

function invalid(field: string, expected: string, value: unknown): SseError {
  return new SseError("ERR_SSE_INVALID_FIELD", `${field}: expected ${expected}, got ${describe(value)}`);
}
