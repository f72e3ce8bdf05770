import { encode } from "../format/encode.js";
import { createFrame } from "../format/frame.js";
import { END_SUFFIX } from "../format/reserved-ids.js";
import type { Draft, Entry } from "./event-log.js";

/** Makes the entry of a draft that has got its id: for the authors of logs. */
export function createEntry(id: string, draft: Draft): Entry {
  const { event, data, end } = draft;
  const wireId = end ? id + END_SUFFIX : id;
  const frame = createFrame(encode(event === undefined ? { id: wireId, data } : { event, id: wireId, data }));
  return { ...draft, id, frame };
}
