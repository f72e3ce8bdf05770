import { readFileSync } from "node:fs";
import type { EventMessage } from "@ssekit/core";
import { asReceived, wellFormed } from "./as-received.js";
import type { ReceivedEvent } from "../clients/stream-reader.js";

interface Entry {
  id: string;
  field: keyof EventMessage;
  value: unknown;
  valueType: "string" | "number" | "bigint" | "null" | "generated";
}

/** A message with a hostile value in one field. The other fields are harmless. */
interface Injection {
  name: string;
  message: EventMessage;
  /** The `code` of the error if the message is refused because it cannot be encoded unchanged. */
  refusedWith: "ERR_SSE_INVALID_FIELD" | undefined;
  /** What a client receives otherwise. */
  expected: { events: ReceivedEvent[]; retries: number[]; comments: string[] };
}

const injections = readInjections();

/** The entries of vectors/injection.json that `encode` refuses, and those that it encodes. */
export const refusedInjections = injections.filter(({ refusedWith }) => refusedWith !== undefined);
export const sentInjections = injections.filter(({ refusedWith }) => refusedWith === undefined);

function readInjections(): Injection[] {
  const url = new URL("../../vectors/injection.json", import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as Entry[]).map((entry) => {
    const message: EventMessage = { event: "ev", id: "id0", data: "probe", [entry.field]: valueOf(entry) };
    const { event, id, data, retry, comment } = message;
    const received = {
      type: wellFormed(event!),
      data: asReceived(String(data)),
      lastEventId: wellFormed(id!),
    };
    return {
      name: `${entry.id}, ${entry.field} ${JSON.stringify(entry.value).slice(0, 60)}`,
      message,
      refusedWith: refusal(message),
      expected: {
        events: [received],
        retries: retry === undefined ? [] : [Number(String(retry))],
        comments: comment === undefined ? [] : asReceived(comment).split("\n"),
      },
    };
  });
}

function valueOf({ value, valueType }: Entry): unknown {
  if (valueType === "number") return Number(value);
  if (valueType === "bigint") return BigInt(String(value).replace("n", ""));
  if (valueType !== "generated") return value;
  const { repeat, count } = value as { repeat: string; count: number };
  return repeat.repeat(count);
}

function refusal({ event, id, retry }: EventMessage): Injection["refusedWith"] {
  if (/[\r\n]/.test(event!) || /[\r\n\0]/.test(id!)) return "ERR_SSE_INVALID_FIELD";
  const badRetry = !Number.isInteger(retry) || retry! < 0 || retry! > 2 ** 31 - 1;
  return retry !== undefined && badRetry ? "ERR_SSE_INVALID_FIELD" : undefined;
}
