// @ts-check

/**
 * Checks the order of events. Each process of a node numbers its own events 1, 2, 3 … The first event of a process that
 * this page receives may have any number, because a page that opens late starts in the middle.
 */
export class Sequence {
  /** @type {Map<string, number>} */
  #last = new Map();

  /**
   * Returns how many events are missing before this one. -1: this event, or a later one, was here before.
   * @param {{ node: string, run: number, number: number }} event
   */
  add({ node, run, number }) {
    const process = `${node} ${run}`;
    const last = this.#last.get(process);
    if (last !== undefined && number <= last) return -1;
    this.#last.set(process, number);
    return last === undefined ? 0 : number - last - 1;
  }
}
