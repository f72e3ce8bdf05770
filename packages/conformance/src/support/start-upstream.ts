import { createServer, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { listen } from "./listen.js";

/** A slow server that a source asks for its items. */
export interface Upstream {
  url: string;
  /** The requests that are being answered. */
  readonly responses: readonly ServerResponse[];
  /** How many of them were given up by the client. */
  readonly aborted: number;
}

/** Starts an upstream that sends `text` in answer to each request, and then nothing more. */
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
