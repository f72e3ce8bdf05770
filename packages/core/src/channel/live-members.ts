import type { Entry } from "./event-log.js";
import type { Member } from "./subscriber-host.js";

/** The live members, by topic. A member that names no topics is stored under `undefined`. */
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

  /**
   * Delivers an entry to the members of its topics. A member of two of them is called twice, and ignores the second
   * call because of the number.
   */
  deliver(entry: Entry, number: number): void {
    for (const topic of [undefined, ...(entry.topics ?? [])]) {
      for (const member of this.#byTopic.get(topic) ?? []) member.deliver(entry, number);
    }
  }
}
