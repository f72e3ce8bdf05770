import { encode } from "../format/encode.js";
import { createFrame } from "../format/frame.js";
import { END_SUFFIX } from "../format/reserved-ids.js";
import type { Draft, Entry } from "./event-log.js";

/**
 * Makes a log entry of a draft and its id. For the authors of event logs.
 *
 * @example
 * ```ts
 * const entry = createEntry(`${epoch}-${position}`, draft);
 * ```
 */
export function createEntry(id: string, draft: Draft): Entry {
  const { event, data, end } = draft;
  const wireId = end ? id + END_SUFFIX : id;
  const frame = createFrame(encode(event === undefined ? { id: wireId, data } : { event, id: wireId, data }));
  return { ...draft, id, frame };
}
