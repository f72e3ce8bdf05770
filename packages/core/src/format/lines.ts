const LF = 10;
const CR = 13;
const BATCH_LENGTH = 4096;

/** Writes one line of a block. The name contains the colon. */
export function line(name: string, value: string): string {
  // A client removes one space after the colon. With this one, a value that starts with a space keeps its own.
  return value === "" ? `${name}\n` : `${name} ${value}\n`;
}

/** Writes one line of a block for each line of a text. CRLF, CR and LF all end a line. */
export function lines(name: string, text: string): string {
  if (!text.includes("\n") && !text.includes("\r")) return line(name, text);
  const empty = line(name, "");
  let block = "";
  let batch = "";
  for (let start = 0; ;) {
    let end = start;
    while (end < text.length && !isLineEnd(text.charCodeAt(end))) end += 1;
    batch += line(name, text.slice(start, end));
    if (end === text.length) return block + batch;
    start = afterLineEnd(text, end);

    let emptyLines = 0;
    for (; isLineEnd(text.charCodeAt(start)); emptyLines += 1) start = afterLineEnd(text, start);
    if (emptyLines > 0) batch += empty.repeat(emptyLines);

    if (batch.length < BATCH_LENGTH) continue;
    // Engines keep a concatenated string as a tree until one of its characters is read. One tree of millions of lines
    // costs ten times as much as many small ones, so each batch is read here.
    batch.charCodeAt(0);
    block += batch;
    batch = "";
  }
}

function isLineEnd(code: number): boolean {
  return code === LF || code === CR;
}

function afterLineEnd(text: string, at: number): number {
  return text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF ? at + 2 : at + 1;
}
