import { createAnswers } from "@ssekit/answers";
import { LatentServer, pause, until, within } from "@ssekit/conformance";
import { memoryLogs, type LogStore } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import { TestSource } from "../../conformance/src/answers-contract/answers-cluster.js";

// A mistake of the app, or a shutdown in the wrong order.
describe.each<[name: string, create: () => LogStore]>([
  ["in memory", () => memoryLogs()],
  ["on another machine", () => new LatentServer().connect()],
])("answers whose store %s was closed", (_name, create) => {
  it("abort their sources, refuse every call, and close", async () => {
    const logs = create();
    const errors: unknown[] = [];
    const answers = createAnswers({ logs, onError: (error) => void errors.push(error) });
    const source = new TestSource();
    await answers.start("a", source.source);
    await logs.close();
    source.write("one");
    await until("the signal to abort", () => source.signal!.aborted);
    const closed = { code: "ERR_SSE_CHANNEL_CLOSED" };
    const late = new TestSource();
    await expect(answers.start("b", late.source)).rejects.toMatchObject(closed);
    await expect(answers.stop("a")).rejects.toMatchObject(closed);
    await expect(answers.state("a")).rejects.toMatchObject(closed);
    await within("close()", answers.close());
    await pause(20);
    expect(late.starts).toBe(0);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toMatchObject(closed);
  });
});
