/**
 * Returns the epoch of an id: the part before the position, which names the log. If the id has no position, the whole
 * id is returned.
 */
export function epochOf(id: string): string {
  const at = id.lastIndexOf("-");
  return at === -1 ? id : id.slice(0, at);
}

/**
 * Compares the positions of two log ids of the same epoch. Positions are decimal numbers joined by `.`, and are
 * compared number by number.
 *
 * @returns a negative number if `a` comes before `b`, 0 if both are the same position, a positive number if `a` comes
 *   after `b`. `undefined` if the ids have no order: their epochs differ, or one is not the id of a log.
 */
export function compareIds(a: string, b: string): number | undefined {
  const first = ID.exec(a);
  const second = ID.exec(b);
  if (first === null || second === null || first[1] !== second[1]) return undefined;
  const left = first[2]!.split(".");
  const right = second[2]!.split(".");
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareDecimals(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Whether an id is before another id of the same epoch, or is at the same position. */
export function isAtOrBefore(id: string, place: string): boolean {
  const order = compareIds(id, place);
  return order !== undefined && order <= 0;
}

// No leading zeros: otherwise two different ids could mean the same position.
const ID = /^(.+)-((?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*)$/;

/** Compares as text, because the numbers may be too large for a `number` to be exact. */
function compareDecimals(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
