import type { Entry } from "./event-log.js";
import type { Member } from "./subscriber-host.js";

/** The members that are handed new entries: those that want all of them, and the others by topic. */
export class LiveMembers {
  readonly #all = new Set<Member>();
  readonly #byTopic = new Map<string, Set<Member>>();
  // Those that name no topic at all: they see only the end.
  readonly #ofNoTopic = new Set<Member>();

  add(member: Member): void {
    if (member.topics === undefined) this.#all.add(member);
    else if (member.topics.size === 0) this.#ofNoTopic.add(member);
    else for (const topic of member.topics) this.#of(topic).add(member);
  }

  delete(member: Member): void {
    if (member.topics === undefined) {
      this.#all.delete(member);
      return;
    }
    this.#ofNoTopic.delete(member);
    for (const topic of member.topics) {
      const members = this.#byTopic.get(topic);
      members?.delete(member);
      if (members?.size === 0) this.#byTopic.delete(topic);
    }
  }

  /** Hands an entry to those that want it. A member may be asked twice; it knows the entry by its number. */
  deliver(entry: Entry, number: number): void {
    if (entry.end) {
      for (const member of this.list()) member.deliver(entry, number);
      return;
    }
    for (const member of this.#all) member.deliver(entry, number);
    for (const topic of entry.topics ?? []) {
      for (const member of this.#byTopic.get(topic) ?? []) member.deliver(entry, number);
    }
  }

  /** All of them, once each. */
  list(): Member[] {
    const members = new Set([...this.#all, ...this.#ofNoTopic]);
    for (const ofTopic of this.#byTopic.values()) for (const member of ofTopic) members.add(member);
    return [...members];
  }

  #of(topic: string): Set<Member> {
    let members = this.#byTopic.get(topic);
    if (members === undefined) this.#byTopic.set(topic, (members = new Set()));
    return members;
  }
}
