/** A place in a log: an entry, or the place before the first one (number 0, time "0"). */
export interface Position {
  readonly epoch: string;
  /** Entries are numbered from 1 on, without gaps. */
  readonly number: number;
  /** When the entry was stored, in microseconds. Text, because it is only compared. */
  readonly time: string;
}

// Ids come from clients. Nothing that does not match reaches Redis. No leading zeros: otherwise two different ids could
// mean the same position.
const ID = /^([0-9a-z]{12})-(0|[1-9]\d{0,13})\.(0|[1-9]\d{0,15})$/;

export function parseId(id: string): Position | undefined {
  const match = ID.exec(id);
  return match === null ? undefined : { epoch: match[1]!, number: Number(match[2]), time: match[3]! };
}

export function idOf({ epoch, number, time }: Position): string {
  return `${epoch}-${number}.${time}`;
}

/** A random name in the form of an epoch. */
export function randomName(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 12);
}
