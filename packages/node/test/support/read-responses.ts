/** A response as it came on a connection. */
export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** All of it has come; of a body that only the end of the connection ends that is never known. */
  isWhole: boolean;
}

const HEAD = /^HTTP\/1\.[01] (\d{3}) [^\r\n]*\r\n((?:[!-9;-~]+: [^\r\n]*\r\n)*)\r\n/;
const BEGINNING = "HTTP/1.1 ";

/**
 * Takes all that came on a connection apart. It is strict: any byte that belongs to no response is an error. Only the
 * last response may be unfinished.
 *
 * @param methods the methods of the requests, in their order.
 */
export function readResponses(text: string, methods: readonly string[]): WireResponse[] {
  const responses: WireResponse[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 8192);
    const head = HEAD.exec(rest);
    if (head === null) {
      if (!isBeginning(rest))
        throw new Error(`expected a response at ${at}, got ${JSON.stringify(rest.slice(0, 200))}`);
      break;
    }
    if (responses.length === methods.length) throw new Error(`a response that nobody asked for: ${rest}`);
    const headers = Object.fromEntries(
      head[2]!.split("\r\n").map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const status = Number(head[1]);
    const hasBody = methods[responses.length] !== "HEAD" && status !== 204 && status !== 304;
    const { body, isWhole, end } = readBody(text, at + head[0].length, hasBody ? headers : undefined);
    responses.push({ status, headers, body, isWhole });
    at = end;
  }
  return responses;
}

function isBeginning(text: string): boolean {
  return text.startsWith(BEGINNING) ? !text.includes("\r\n\r\n") : BEGINNING.startsWith(text);
}

interface Body {
  body: string;
  isWhole: boolean;
  end: number;
}

function readBody(text: string, start: number, headers: Record<string, string> | undefined): Body {
  if (headers === undefined) return { body: "", isWhole: true, end: start };
  if (headers["transfer-encoding"] === "chunked") return readChunks(text, start);
  const length = headers["content-length"];
  if (length === undefined) return { body: text.slice(start), isWhole: false, end: text.length };
  const body = text.slice(start, start + Number(length));
  return { body, isWhole: body.length === Number(length), end: start + body.length };
}

function readChunks(text: string, start: number): Body {
  const parts: string[] = [];
  let at = start;
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    const line = text.slice(at, lineEnd < 0 ? at + 16 : lineEnd);
    if (!/^[0-9a-f]{0,7}\r?$/.test(line) || (lineEnd >= 0 && line === ""))
      throw new Error(
        `expected the size of a chunk at ${at}, got ${JSON.stringify(text.slice(at, at + 200))}`,
      );
    if (lineEnd < 0) break;
    const size = Number.parseInt(line, 16);
    const data = text.slice(lineEnd + 2, lineEnd + 2 + size);
    const after = text.slice(lineEnd + 2 + size, lineEnd + 4 + size);
    if (data.length === size && !"\r\n".startsWith(after))
      throw new Error(`expected the end of a chunk at ${lineEnd + 2 + size}, got ${JSON.stringify(after)}`);
    parts.push(data);
    at = lineEnd + 4 + size;
    if (size === 0 && after === "\r\n") return { body: parts.join(""), isWhole: true, end: at };
    if (after !== "\r\n") break;
  }
  return { body: parts.join(""), isWhole: false, end: text.length };
}
