import { createServer, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { listen } from "./listen.js";

/** A slow server that a source reads its items from. */
export interface Upstream {
  url: string;
  /** The responses that have begun. */
  readonly responses: readonly ServerResponse[];
  /** Number of responses that the client has aborted. */
  readonly aborted: number;
}

/** Starts an upstream that responds to each request with `text` and then leaves the response open. */
export async function startUpstream(text?: string): Promise<Upstream> {
  const responses: ServerResponse[] = [];
  let aborted = 0;
  const server = createServer((_req, res) => {
    responses.push(res);
    res.on("close", () => aborted++);
    if (text !== undefined) res.write(text);
  });
  const { url, cut, close } = await listen(server);
  onTestFinished(() => {
    cut();
    return close();
  });
  return {
    url,
    responses,
    get aborted() {
      return aborted;
    },
  };
}
