import { createAnswers, type Answers, type AnswersOptions } from "@ssekit/answers";
import { EventStreamServer } from "@ssekit/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startNats, type NatsServer } from "../../conformance/src/support/start-nats.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { startNode } from "../../nats/test/support/nats-node.js";

describe.skipIf(!systemProgram("nats-server"))("an item that the broker refuses", () => {
  let server: NatsServer;
  beforeAll(async () => void (server = await startNats()));
  afterAll(() => server.stop());

  const start = async (options: AnswersOptions = {}): Promise<{ answers: Answers; errors: unknown[] }> => {
    const node = await startNode(server.port, { stream: "small" });
    onTestFinished(() => node.close());
    const config = {
      name: "small",
      subjects: ["small.logs.>"],
      republish: { src: "small.logs.>", dest: "small.live.>" },
      max_msg_size: 10_000,
    };
    await node.connection.request("$JS.API.STREAM.CREATE.small", JSON.stringify(config));
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const answers = createAnswers({ logs: node.store, onError, ...options });
    onTestFinished(() => answers.close());
    return { answers, errors };
  };

  it("makes its answer fail, also if it is the last one of the source", async () => {
    const { answers, errors } = await start();
    await answers.start("a", () => [{ data: "x".repeat(20_000) }]);
    await expect.poll(() => answers.state("a")).toBe("failed");
    expect(errors).toEqual([expect.objectContaining({ code: "ERR_SSE_INVALID_DATA" })]);
  });

  it("is not made by collecting items that it takes one by one", async () => {
    const { answers, errors } = await start();
    await answers.start("b", () => Array.from({ length: 10 }, (_, n) => String(n).repeat(4_000)));
    await expect.poll(() => answers.state("b")).toBe("done");
    const response = await new EventStreamServer().respond(new Request("http://test/"), (stream) =>
      answers.subscribe("b", stream),
    );
    const digits = [...(await response.text()).matchAll(/^data: (\d)\d+$/gm)].map(([, digit]) => digit);
    expect(digits.join("")).toBe("0123456789");
    expect(errors).toEqual([]);
  });

  it("does not keep an answer from ending if it is the data of the end", async () => {
    const { answers, errors } = await start({ endData: () => "x".repeat(20_000) });
    await answers.start("busy", () => new ReadableStream()); // the lease of the node does not run out
    await answers.start("c", ["one"]);
    await expect.poll(() => answers.state("c")).toBe("failed");
    expect(errors.length).toBeGreaterThan(0);
  });
});
