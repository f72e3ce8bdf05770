/** The epoch of an id: the log that it is of. An id without one is its own epoch. */
export function epochOf(id: string): string {
  const at = id.lastIndexOf("-");
  return at === -1 ? id : id.slice(0, at);
}

/**
 * Compares the positions of two ids of one epoch: negative if the first comes before the second, 0 if they are the
 * same place, positive if it comes after. Positions are decimal numbers joined by `.`, compared part by part.
 *
 * @returns `undefined` if the ids are of different epochs, or one is no id of a log: they have no order.
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

/** Whether one place is before another of the same epoch, or is that place. */
export function isAtOrBefore(id: string, place: string): boolean {
  const order = compareIds(id, place);
  return order !== undefined && order <= 0;
}

// With a leading zero two ids would be one place.
const ID = /^(.+)-((?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*)$/;

/** Also of numbers that are too large to be exact as a `number`. */
function compareDecimals(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
