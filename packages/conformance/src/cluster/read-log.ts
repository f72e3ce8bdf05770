import type { EventLog } from "@ssekit/core";
import { nameOf } from "./event-names.js";

/** Reads a whole log from its start, each entry as text. */
export async function readLog(log: EventLog): Promise<string[]> {
  const names: string[] = [];
  let page = await log.read("start", { events: 1_000, bytes: 1 << 20 });
  for (;;) {
    if ("reset" in page) throw new Error(`The log has lost entries: ${page.reset}`);
    names.push(...page.entries.map(nameOf));
    if (page.atTail) return names;
    page = await log.read({ after: page.cursor }, { events: 1_000, bytes: 1 << 20 });
  }
}
