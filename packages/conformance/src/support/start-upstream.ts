import { createServer } from "node:net";
import { onTestFinished } from "vitest";
import { listen } from "./listen.js";

/** A slow server that a source reads its items from. */
export interface Upstream {
  url: string;
  /** Number of requests. */
  readonly requests: number;
  /** Number of responses that the client has aborted. */
  readonly aborted: number;
}

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";

/**
 * Starts an upstream that responds to each request with `text` and then leaves the response open. It is a server of
 * `node:net`, because that of `node:http` does not notice in Deno, under load, that a client has left.
 */
export async function startUpstream(text?: string): Promise<Upstream> {
  let requests = 0;
  let aborted = 0;
  const server = createServer((socket) => {
    socket.once("data", () => {
      requests++;
      if (text !== undefined) socket.write(`${HEAD}${text.length.toString(16)}\r\n${text}\r\n`, "latin1");
    });
    socket.on("error", () => {}); // such as a reset
    socket.on("close", () => aborted++);
  });
  const { url, cut, close } = await listen(server);
  onTestFinished(() => {
    cut();
    return close();
  });
  return {
    url,
    get requests() {
      return requests;
    },
    get aborted() {
      return aborted;
    },
  };
}
