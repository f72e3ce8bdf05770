import type { Entry } from "./event-log.js";
import type { Member } from "./subscriber-host.js";

/** The members that are handed new entries, by topic. Those that want all of them are under `undefined`. */
export class LiveMembers {
  readonly #byTopic = new Map<string | undefined, Set<Member>>();

  add(member: Member): void {
    for (const topic of member.topics ?? [undefined]) {
      const members = this.#byTopic.get(topic);
      if (members === undefined) this.#byTopic.set(topic, new Set([member]));
      else members.add(member);
    }
  }

  delete(member: Member): void {
    for (const topic of member.topics ?? [undefined]) {
      const members = this.#byTopic.get(topic);
      if (members?.delete(member) && members.size === 0) this.#byTopic.delete(topic);
    }
  }

  /** Hands an entry to those that want it. A member may be asked twice; it knows the entry by its number. */
  deliver(entry: Entry, number: number): void {
    for (const topic of [undefined, ...(entry.topics ?? [])]) {
      for (const member of this.#byTopic.get(topic) ?? []) member.deliver(entry, number);
    }
  }
}
