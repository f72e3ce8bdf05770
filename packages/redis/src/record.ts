import type { Entry, Peek, Read, ReadFrom, ReadLimit, ResetReason } from "@ssekit/core";
import { unpack } from "./body.js";
import { idOf, parseId, type Position } from "./position.js";

/** What the script that reads answers. */
export interface Record {
  /** Why it cannot continue after the given position. */
  readonly reset?: ResetReason;
  /** The position of the newest entry. */
  readonly newest: Position;
  /** The place before the oldest kept entry. */
  readonly floor: Position;
  /** The number of the place where reading begins. */
  readonly after: number;
  readonly ended: boolean;
  readonly entries: readonly Entry[];
}

type Reply = [
  what: "ok" | ResetReason,
  epoch: string,
  number: number | string,
  time: string,
  first: number | string,
  previous: string,
  ended: string,
  after: number | string,
  entries: string[],
];

export function parseRecord(reply: unknown): Record {
  const [what, epoch, number, time, first, previous, ended, after, flat] = reply as Reply;
  const entries: Entry[] = [];
  for (let n = 0; n < flat.length; n += 2) {
    entries.push(unpack(`${epoch}-${flat[n]!.replace("-", ".")}`, flat[n + 1]!));
  }
  return {
    ...(what !== "ok" && { reset: what }),
    newest: { epoch, number: Number(number), time },
    floor: { epoch, number: Number(first) - 1, time: previous },
    after: Number(after),
    ended: ended === "1",
    entries,
  };
}

/** The arguments of the script that reads. `undefined` if the id cannot belong to any log. */
export function readArgs(from: ReadFrom, max: ReadLimit): string[] | undefined {
  const limits = [String(Math.min(Math.max(max.events, 1), 10_000)), String(Math.min(max.bytes, 1 << 30))];
  if (typeof from === "string") return [from, "", "", "", ...limits];
  const position = parseId(from.after);
  if (position === undefined) return undefined;
  return ["after", position.epoch, String(position.number), position.time, ...limits];
}

/** @param told the position up to which the listeners were told, if there are any. */
export function toRead(record: Record, from: ReadFrom, max: ReadLimit, told: Position | undefined): Read {
  const { newest, floor, entries } = record;
  if (record.reset !== undefined) return { reset: record.reset, cursor: idOf(floor) };
  const begin =
    typeof from !== "string"
      ? from.after
      : from === "oldest"
        ? idOf(floor)
        : idOf({ epoch: newest.epoch, number: 0, time: "0" });
  let bytes = 0;
  let count = 0;
  let isCut = false;
  for (const { id, frame } of entries) {
    if (told !== undefined && !isAtOrBefore(id, told)) isCut = true;
    bytes += frame.bytes.byteLength;
    if (isCut || (count > 0 && bytes > max.bytes)) break;
    count++;
  }
  const read = entries.slice(0, count);
  const cursor = read.at(-1)?.id ?? begin;
  return { entries: read, cursor, atTail: isCut || cursor === idOf(newest) };
}

export function toPeek({ newest, floor, ended, entries }: Record): Peek {
  return {
    cursor: idOf(newest),
    first: floor.number === 0 ? entries[0] : undefined,
    end: ended ? entries.at(-1) : undefined,
  };
}

function isAtOrBefore(id: string, { epoch, number }: Position): boolean {
  const position = parseId(id)!;
  return position.epoch === epoch && position.number <= number;
}
