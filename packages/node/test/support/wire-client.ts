import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { until } from "@ssekit/conformance";
import { onTestFinished } from "vitest";
import { readResponses, type WireResponse } from "./read-responses.js";

/** A client of one connection, with TLS or without, that keeps every byte. */
export class WireClient {
  readonly socket: Socket;
  /** All that came, one character for each byte. */
  text = "";
  isOver = false;
  readonly #methods: string[] = [];

  constructor(url: string) {
    const { hostname: host, port: number, protocol } = new URL(url);
    const port = Number(number);
    const socket =
      protocol === "https:" ? connectTls({ host, port, rejectUnauthorized: false }) : connect({ host, port });
    this.socket = socket.setEncoding("latin1");
    socket.on("data", (text: string) => (this.text += text));
    socket.on("error", () => {}); // of a reset
    for (const event of ["end", "close"]) socket.on(event, () => (this.isOver = true));
    onTestFinished(() => void socket.destroy());
  }

  /** Sends requests in one piece, so that they are pipelined. */
  send(...requests: Parameters<typeof formatRequest>[]): this {
    this.#methods.push(...requests.map(([method]) => method));
    this.socket.write(requests.map((request) => formatRequest(...request)).join(""));
    return this;
  }

  get(...paths: string[]): this {
    return this.send(...paths.map((path) => ["GET", path] as [string, string]));
  }

  /** What came, as responses to what was sent. Throws where it is not that. */
  get responses(): WireResponse[] {
    return readResponses(this.text, this.#methods);
  }

  async until(text: string): Promise<string> {
    await until(JSON.stringify(text), () => this.text.includes(text));
    return this.text;
  }

  /** Waits for so many whole responses. */
  async whole(count: number): Promise<WireResponse[]> {
    await until(
      `${count} whole responses`,
      () => this.responses.filter(({ isWhole }) => isWhole).length >= count,
    );
    return this.responses;
  }

  /** Waits for the end of the connection. */
  async over(): Promise<WireResponse[]> {
    await until("the end of the connection", () => this.isOver);
    return this.responses;
  }
}

function formatRequest(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  version = "1.1",
): string {
  const lines = Object.entries({ host: "localhost", ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/${version}\r\n${lines.join("")}\r\n`;
}
