import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { until } from "../support/within.js";

/** An HTTP/1.1 response as it is on the wire. */
export interface RawResponse {
  status: number;
  headers: Record<string, string>;
  /** The chunks of the body, as the server wrote them. A body with a Content-Length is one chunk. */
  chunks: string[];
  /** Whether the body has ended. */
  complete: boolean;
}

/** An HTTP/1 client that gives access to the bytes of one connection. */
export class RawClient {
  readonly socket: Socket;
  /** All bytes received so far, one character for each byte. */
  text = "";
  /** How the connection was closed: `ended` by the server, or the code of an error. `undefined` while it is open. */
  closed: string | undefined;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ host: hostname, port: Number(port) }).setEncoding("latin1");
    this.socket.on("data", (text: string) => (this.text += text));
    this.socket.on("error", (error: NodeJS.ErrnoException) => (this.closed ??= error.code)); // such as ECONNRESET
    this.socket.on("end", () => (this.closed ??= "ended"));
    onTestFinished(() => void this.socket.destroy());
  }

  request(method: string, path: string, headers: Record<string, string> = {}, version = "1.1"): this {
    const lines = Object.entries({ host: "localhost", ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    this.socket.write(`${method} ${path} HTTP/${version}\r\n${lines.join("")}\r\n`, "latin1");
    return this;
  }

  /** Waits until the text has been received, and returns everything received so far. */
  async until(text: string): Promise<string> {
    await until(JSON.stringify(text), () => this.text.includes(text));
    return this.text;
  }

  /** Waits until the response to the last request is complete. It must be the only one since `text` was cleared. */
  async response(): Promise<RawResponse> {
    await until("a complete response", () => parseRawResponse(this.text).complete);
    return parseRawResponse(this.text);
  }
}

/** Parses a response. If the body is not complete, only complete chunks are returned. */
export function parseRawResponse(text: string): RawResponse {
  const headEnd = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, Math.max(headEnd, 0)).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(":")).toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
  const body = headEnd === -1 ? "" : text.slice(headEnd + 4);
  const length = headers["content-length"];
  return {
    status: Number(statusLine.split(" ")[1]),
    headers,
    ...(length === undefined ? readChunks(body) : readBody(body, Number(length))),
  };
}

function readBody(body: string, length: number): Pick<RawResponse, "chunks" | "complete"> {
  const complete = body.length >= length;
  return { chunks: complete ? [body.slice(0, length)] : [], complete };
}

function readChunks(body: string): Pick<RawResponse, "chunks" | "complete"> {
  const chunks: string[] = [];
  for (let at = 0; ;) {
    const lineEnd = body.indexOf("\r\n", at);
    if (lineEnd === -1) return { chunks, complete: false };
    const size = Number.parseInt(body.slice(at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (!(end <= body.length)) return { chunks, complete: false };
    if (size === 0) return { chunks, complete: true };
    chunks.push(body.slice(lineEnd + 2, end - 2));
    at = end;
  }
}
