/**
 * The position of an entry in a log: the sequence number of its message in the stream, the time of the message in
 * microseconds, and the index of the entry in the message. The time tells a message from another one with the same
 * sequence number, which exists if the stream was restored from an older copy.
 */
export interface Position {
  readonly seq: number;
  readonly time: number;
  readonly index: number;
}

/** The position before the first entry of a log. */
export const START: Position = { seq: 0, time: 0, index: 0 };

const POSITION = /^(?:0|([1-9]\d{0,15})\.([1-9]\d{0,15})(?:\.([1-9]\d{0,8}))?)$/;
const ID = /^([0-9a-z]{1,32})-([0-9.]{1,48})$/;

/** Writes a position as decimal numbers joined by `.`. An index of 0 is left out, because most messages hold one entry. */
export function positionText({ seq, time, index }: Position): string {
  if (seq === 0) return "0";
  return index === 0 ? `${seq}.${time}` : `${seq}.${time}.${index}`;
}

/** Reads what `positionText` writes. Returns `undefined` for any other text. */
export function parsePosition(text: string): Position | undefined {
  const match = POSITION.exec(text);
  if (match === null) return undefined;
  const [, seq = "0", time = "0", index = "0"] = match;
  return { seq: Number(seq), time: Number(time), index: Number(index) };
}

/** Reads an id. Returns `undefined` for any text that no log of this package would give out as an id. */
export function parseId(id: string): { epoch: string; position: Position } | undefined {
  const [, epoch, text] = ID.exec(id) ?? [];
  const position = text === undefined ? undefined : parsePosition(text);
  return position === undefined ? undefined : { epoch: epoch!, position };
}

export function idOf(epoch: string, position: Position): string {
  return `${epoch}-${positionText(position)}`;
}

/** Returns a negative number if `a` is before `b`, 0 if they are the same, and a positive number otherwise. */
export function comparePositions(a: Position, b: Position): number {
  return a.seq - b.seq || a.time - b.time || a.index - b.index;
}
