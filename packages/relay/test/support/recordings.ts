import { existsSync, readFileSync } from "node:fs";
import { utf8 } from "./bytes.js";

/** The recorded stream of a provider. */
export interface Recording {
  name: string;
  bytes: Uint8Array;
  /** How many events it has. */
  events: number;
  firstData: string;
  lastData: string;
}

const TOKENS = ["床前", "明月光,", "疑是\n", "地上霜。", "🌕", "👨‍👩‍👧‍👦", " naïve ", "\u2028", ""];

/** Chat completions: only data, LF as line end, `[DONE]` as the last event. */
function chatCompletions(): Recording {
  const data = TOKENS.map((content) => JSON.stringify({ choices: [{ index: 0, delta: { content } }] }));
  const bytes = utf8([...data, "[DONE]"].map((line) => `data: ${line}\n\n`).join(""));
  return { name: "chat completions", bytes, events: 10, firstData: data[0] ?? "", lastData: "[DONE]" };
}

/** Messages with named events and pings, CRLF as line end, and comments between the events. */
function namedMessages(): Recording {
  const deltas = TOKENS.map((text) => ["content_block_delta", JSON.stringify({ delta: { text } })]);
  const events = [["message_start", "{}"], ["ping", '{"type": "ping"}'], ...deltas, ["message_stop", "完"]];
  const bytes = utf8(
    events.map(([event, data]) => `: 心跳\r\n\r\nevent: ${event}\r\ndata: ${data}\r\n\r\n`).join(""),
  );
  return { name: "named messages, CRLF", bytes, events: 12, firstData: "{}", lastData: "完" };
}

/** Text in several data lines, with ids, CR as line end, and a BOM at the start. */
function numberedText(): Recording {
  const blocks = TOKENS.map((token, i) => `id: ${i}\rdata:${token.replaceAll("\n", "\rdata:")}\rdata: |\r\r`);
  const bytes = utf8(`\uFEFF${blocks.join("")}`);
  return { name: "numbered text, CR and BOM", bytes, events: 9, firstData: "床前\n|", lastData: "\n|" };
}

const CAPTURES = new URL("../../../../../shared/captures/", import.meta.url);

interface Capture {
  file: string;
  events: number;
  firstData: string;
  lastData: string;
}

/** Streams of real providers, if a collection of them is next to the repository. */
function captures(): Recording[] {
  const manifest = new URL("manifest.json", CAPTURES);
  if (!existsSync(manifest)) return [];
  return (JSON.parse(readFileSync(manifest, "utf8")) as Capture[]).map(({ file, ...facts }) => {
    return { ...facts, name: file, bytes: Uint8Array.from(readFileSync(new URL(file, CAPTURES))) };
  });
}

export const recordings: Recording[] = [chatCompletions(), namedMessages(), numberedText(), ...captures()];
