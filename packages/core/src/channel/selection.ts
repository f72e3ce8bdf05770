import { invalidOption } from "../check-options.js";
import { isThenable } from "../stream/source.js";
import type { Entry } from "./event-log.js";

/** Which entries a subscriber receives, by topics and filter. Every subscriber receives the end of the log. */
export class Selection {
  /** `undefined`: all entries, with or without a topic. */
  readonly topics: ReadonlySet<string> | undefined;
  readonly filter: ((entry: Entry) => boolean) | undefined;

  constructor(topics: readonly string[] | undefined, filter: ((entry: Entry) => boolean) | undefined) {
    this.topics = topics && new Set(topics);
    this.filter = filter;
  }

  hasTopicOf({ topics = [], end }: Entry): boolean {
    const wanted = this.topics;
    return wanted === undefined || end === true || topics.some((topic) => wanted.has(topic));
  }

  /**
   * Whether the filter accepts an entry.
   *
   * @throws what the filter throws, and `ERR_SSE_INVALID_OPTION` if the filter returns a promise, which would be truthy
   *   for every entry.
   */
  passes(entry: Entry): boolean {
    const passes: unknown = this.filter === undefined || this.filter(entry);
    if (!isThenable(passes)) return Boolean(passes);
    passes.then(undefined, () => {});
    throw invalidOption("subscribe: filter", "a synchronous function that returns true or false", passes);
  }
}

/** Selects all entries. Most subscribers share this object, which saves memory. */
export const EVERYTHING = /* @__PURE__ */ new Selection(undefined, undefined);
