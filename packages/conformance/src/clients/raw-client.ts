import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { until } from "../support/within.js";

/** An HTTP/1.1 response as it is on the wire. */
export interface RawResponse {
  status: number;
  headers: Record<string, string>;
  /** The chunks of the body, as the server wrote them. */
  chunks: string[];
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
}

/** Parses a response. If the body is not complete, only complete chunks are returned. */
export function parseRawResponse(text: string): RawResponse {
  const bodyAt = text.indexOf("\r\n\r\n") + 4;
  const [statusLine = "", ...lines] = text.slice(0, bodyAt - 4).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(":")).toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
  const chunks: string[] = [];
  let at = bodyAt;
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (lineEnd === -1 || !(size > 0) || lineEnd + 2 + size > text.length) break;
    chunks.push(text.slice(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return { status: Number(statusLine.split(" ")[1]), headers, chunks };
}
