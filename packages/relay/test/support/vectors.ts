import { readFileSync } from "node:fs";
import { utf8 } from "./bytes.js";

/** An event as EventSource hands it out. */
export interface DispatchedEvent {
  type: string;
  data: string;
  lastEventId: string;
}

interface Part {
  text?: string;
  repeat?: string;
  count?: number;
  chunk?: number;
  chunkEach?: boolean;
}

/** A case of packages/conformance/vectors; its README is in the files' field names. */
export interface Vector {
  id: string;
  source: string;
  stream?: string;
  chunks?: string[];
  chunks_hex?: string[];
  generate?: Part[];
  initialLastEventId?: string;
  expect: {
    events: (Omit<DispatchedEvent, "data"> & { data?: string; dataLength?: number })[];
    eventsAfterChunk?: number[];
  };
}

export function loadVectors(file: "wpt" | "parsers"): Vector[] {
  const url = new URL(`../../../conformance/vectors/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as Vector[];
}

/** The bytes of a vector as it cuts them. */
export function chunksOf(vector: Vector): Uint8Array[] {
  if (vector.generate !== undefined) return vector.generate.flatMap(generate);
  if (vector.chunks_hex !== undefined)
    return vector.chunks_hex.map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));
  return (vector.chunks ?? [vector.stream ?? ""]).map(utf8);
}

function generate({ text = "", repeat = "", count = 0, chunk, chunkEach }: Part): Uint8Array[] {
  const parts = text === "" ? [] : [utf8(text)];
  const size = chunkEach ? 1 : (chunk ?? count);
  for (let left = count; left > 0; left -= size) parts.push(utf8(repeat.repeat(Math.min(size, left))));
  return parts;
}
