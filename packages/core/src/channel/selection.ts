import { invalidOption } from "../check-options.js";
import { isThenable } from "../stream/source.js";
import type { Entry } from "./event-log.js";

/** Which entries a subscriber wants to see. The end of the log is for everybody. */
export class Selection {
  /** `undefined`: all, with a topic or without. */
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

  /** @throws what the filter throws; `ERR_SSE_INVALID_OPTION` for one that is asynchronous, which would pass all. */
  passes(entry: Entry): boolean {
    const passes: unknown = this.filter === undefined || this.filter(entry);
    if (!isThenable(passes)) return Boolean(passes);
    passes.then(undefined, () => {});
    throw invalidOption("subscribe: filter", "a function that returns true or false at once", passes);
  }
}

/** Everything: the selection of most subscribers, which need not each have one. */
export const EVERYTHING = /* @__PURE__ */ new Selection(undefined, undefined);
