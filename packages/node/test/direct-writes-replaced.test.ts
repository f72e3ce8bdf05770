import { OutgoingMessage, ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { serveStream, write } from "./support/serve-stream.js";

describe("who replaces res.write sees every event, when that is done", () => {
  interface Case {
    how: string;
    replace(res: ServerResponse, replacement: typeof write): void;
  }
  const replacements: Case[] = [
    { how: "by assignment", replace: (res, own) => Object.assign(res, { write: own }) },
    {
      how: "by defineProperty, as tracers do",
      replace(res, own) {
        expect(res.write).toBe(write);
        Object.defineProperty(res, "write", { value: own, configurable: true, writable: true });
      },
    },
  ];

  function recorder(): { seen: string[]; own: typeof write } {
    const seen: string[] = [];
    function own(this: ServerResponse, chunk: string): boolean {
      seen.push(Buffer.from(chunk).toString());
      return write.call(this, chunk);
    }
    return { seen, own };
  }

  it.each(replacements)("late, $how", async ({ replace }) => {
    const served = await serveStream();
    const client = served.connect().get("/stream");
    const { stream, res } = await served.first();
    stream.send("before");
    await client.until("before");
    const { seen, own } = recorder();
    replace(res, own);
    for (const data of ["one", "two"]) {
      stream.send(data);
      await turn();
    }
    stream.close();
    expect(seen).toEqual(["data: one\n\n", "data: two\n\n"]);
    const [response] = await client.whole(1);
    expect(response!.body).toBe("retry: 3000\n\ndata: before\n\ndata: one\n\ndata: two\n\n");
  });

  it.each(replacements)("before the stream opens, $how", async ({ replace }) => {
    const { seen, own } = recorder();
    const served = await serveStream({ before: (_req, res) => replace(res, own) });
    const client = served.connect().get("/stream");
    const { stream } = await served.first();
    stream.send("one");
    await client.until("one");
    expect(seen).toEqual(["retry: 3000\n\n", "data: one\n\n"]);
  });

  it("in a class of the server's responses", async () => {
    const { seen, own } = recorder();
    class Recorded extends ServerResponse {}
    Object.assign(Recorded.prototype, { write: own });
    const served = await serveStream({ server: { ServerResponse: Recorded as typeof ServerResponse } });
    const client = served.connect().get("/stream");
    const { stream } = await served.first();
    stream.send("one");
    await client.until("one");
    expect(seen).toEqual(["retry: 3000\n\n", "data: one\n\n"]);
  });

  it("for all responses, as tracers do", async () => {
    const { seen, own } = recorder();
    const served = await serveStream();
    Object.assign(OutgoingMessage.prototype, { write: own });
    onTestFinished(() => void Object.assign(OutgoingMessage.prototype, { write }));
    const client = served.connect().get("/stream");
    const { stream } = await served.first();
    stream.send("one");
    await client.until("one");
    expect(seen).toEqual(["retry: 3000\n\n", "data: one\n\n"]);
  });
});
