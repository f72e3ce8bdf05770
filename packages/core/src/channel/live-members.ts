import type { Entry } from "./event-log.js";
import type { Member } from "./subscriber-host.js";

/** The members that are handed new entries: those that want all of them, and the others by topic. */
export class LiveMembers {
  readonly #all = new Set<Member>();
  readonly #byTopic = new Map<string, Set<Member>>();

  add(member: Member): void {
    if (member.topics === undefined) this.#all.add(member);
    else for (const topic of member.topics) this.#of(topic).add(member);
  }

  delete(member: Member): void {
    if (member.topics === undefined) {
      this.#all.delete(member);
      return;
    }
    for (const topic of member.topics) {
      const members = this.#byTopic.get(topic);
      members?.delete(member);
      if (members?.size === 0) this.#byTopic.delete(topic);
    }
  }

  /** Hands an entry to those that want it. A member may be asked twice; it knows the entry by its number. */
  deliver(entry: Entry, number: number): void {
    for (const member of this.#all) member.deliver(entry, number);
    if (entry.end) return this.#deliverToAllTopics(entry, number);
    for (const topic of entry.topics ?? []) {
      for (const member of this.#byTopic.get(topic) ?? []) member.deliver(entry, number);
    }
  }

  #deliverToAllTopics(entry: Entry, number: number): void {
    for (const members of [...this.#byTopic.values()]) {
      for (const member of members) member.deliver(entry, number);
    }
  }

  /** All of them, once each. */
  list(): Member[] {
    return [...new Set([...this.#all, ...[...this.#byTopic.values()].flatMap((members) => [...members])])];
  }

  #of(topic: string): Set<Member> {
    let members = this.#byTopic.get(topic);
    if (members === undefined) this.#byTopic.set(topic, (members = new Set()));
    return members;
  }
}
