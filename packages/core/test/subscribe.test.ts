import { describe, expect, it, vi } from "vitest";
import {
  createChannel,
  createChannels,
  EventStreamServer,
  MemoryLog,
  type EventLog,
  type EventStream,
} from "@ssekit/core";

/** Opens a stream whose client reads everything. `text()` waits a little and returns the text read so far. */
async function open(use: (stream: EventStream) => unknown, lastEventId?: string) {
  const server = new EventStreamServer({ heartbeat: false, onError: () => {} });
  const headers = {
    accept: "text/event-stream",
    ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
  };
  let stream!: EventStream;
  const response = await server.respond(new Request("http://test/", { headers }), (opened) => {
    stream = opened;
    use(opened);
  });
  let read = "";
  const reading = (async () => {
    for await (const chunk of response.body!) read += new TextDecoder().decode(chunk);
  })().catch(() => {});
  return {
    stream,
    reading,
    text: () => new Promise<string>((resolve) => setTimeout(() => resolve(read), 20)),
  };
}

const data = (text: string) => [...text.matchAll(/^data: (.*)$/gm)].map((match) => match[1]);

/** A log that answers later, and that can be replaced by another one while it has no tail. */
function replaceable(): EventLog & { replace(): void } {
  let log = new MemoryLog();
  return {
    append: async (...given) => log.append(...given),
    read: async (...given) => log.read(...given),
    tail: async (listener) => log.tail(listener),
    peek: async () => log.peek(),
    status: "ready",
    close: () => log.close(),
    replace: () => void (log = new MemoryLog()),
  };
}

describe("a subscription", () => {
  it("lets the program's own messages through although the log has been replaced", async () => {
    const log = replaceable();
    const channel = createChannel({ log });
    await channel.publish("lost");
    log.replace();
    const client = await open((stream) => {
      channel.subscribe(stream);
      stream.send("own");
    });
    await channel.publish("next");
    expect(data(await client.text())).toEqual(["own", "next"]);
  });

  it("ends a stream with a hole even if its snapshot is never made", async () => {
    const channel = createChannel({ log: replaceable() });
    const client = await open((stream) => {
      channel.subscribe(stream, { snapshot: () => new Promise(() => {}) });
      stream.end();
    }, "another-7");
    expect(await client.text()).toMatch(/event: reset\n[^]*event: end\n/);
  });

  it("refuses an unknown option, because a mistyped one would let all events through", async () => {
    const channel = createChannel();
    await open((stream) => {
      expect(() => channel.subscribe(stream, { topic: "mine" } as never)).toThrow(
        expect.objectContaining({
          code: "ERR_SSE_INVALID_OPTION",
          message: expect.stringContaining("topic: "),
        }),
      );
    });
    expect(channel.size).toBe(0);
  });

  it("closes the stream of an asynchronous filter, because its promise would let all events through", async () => {
    const channel = createChannel();
    const client = await open((stream) =>
      channel.subscribe(stream, { filter: (async () => false) as never }),
    );
    await channel.publish("secret");
    expect(await client.stream.closed).toBe("error");
    expect(data(await client.text())).toEqual([]);
  });

  it("serializes a snapshot in the same way as an event", async () => {
    const serialize = (value: unknown) =>
      JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
    const channel = createChannel({ serialize });
    const client = await open((stream) => channel.subscribe(stream, { snapshot: () => ({ total: 5n }) }));
    expect(data(await client.text())).toEqual(['{"total":"5n"}']);
  });

  it("does not replay the events of an earlier subscription of its stream", async () => {
    const channel = createChannel();
    const id = await channel.publish("a");
    await channel.publish("b");
    const client = await open((stream) => {
      channel.subscribe(stream).unsubscribe();
      channel.subscribe(stream);
    }, id);
    await channel.publish("c");
    expect(data(await client.text())).toEqual(["b", "c"]);
  });

  it("gives the end event the id of its place in the log, even without events, and refuses another id", async () => {
    const channel = createChannel();
    const id = await channel.publish({ topic: "loud", data: "a" });
    const client = await open((stream) => channel.subscribe(stream, { topics: ["quiet"] }));
    expect(() => client.stream.end({ id: "mine" })).toThrow(
      expect.objectContaining({ code: "ERR_SSE_SUBSCRIBED" }),
    );
    client.stream.end();
    expect(await client.text()).toContain(`event: end\nid: ${id}~end\n`);
  });

  it("sends nothing more after its filter has unsubscribed", async () => {
    const channel = createChannel();
    const client = await open((stream) => {
      const subscription = channel.subscribe(stream, {
        filter: () => {
          subscription.unsubscribe();
          return true;
        },
      });
    });
    await channel.publish("a");
    await channel.publish("b");
    expect(data(await client.text())).toEqual([]);
    expect(client.stream.send("own")).toBe(true);
  });
});

describe("a source that is being sent on a stream whose end() waits", () => {
  it("is returned at once", async () => {
    const channel = createChannel();
    let resolveSnapshot!: (state: string) => void;
    const returned = vi.fn();
    const client = await open((stream) => {
      channel.subscribe(stream, { snapshot: () => new Promise((resolve) => (resolveSnapshot = resolve)) });
      void stream.sendAll(
        (async function* () {
          try {
            for (;;) {
              yield "tick";
              await new Promise((turn) => setTimeout(turn, 2));
            }
          } finally {
            returned();
          }
        })(),
      );
      setTimeout(() => stream.end(), 10);
    });
    await vi.waitFor(() => expect(returned).toHaveBeenCalledTimes(1));
    resolveSnapshot("state");
    expect(await client.stream.closed).toBe("ended");
  });
});

describe("createChannels", () => {
  it("checks the options of its channels at once", () => {
    expect(() => createChannels({ history: { events: -1 } })).toThrow("history.events");
  });
});

describe("EventStreamServer.close()", () => {
  it("does not touch a response that the app has begun before the source yielded anything", async () => {
    const server = new EventStreamServer();
    const reply = vi.fn();
    let headSent = false;
    const stream = server.open(
      {
        method: "GET",
        url: "/",
        gone: false,
        get headSent() {
          return headSent;
        },
        requestHeader: () => "text/event-stream",
        responseHeader: () => undefined,
        watch() {},
        begin: () => ({
          write: () => true,
          bufferedBytes: 0,
          schedule: queueMicrotask,
          end() {},
          breakOff() {},
          abort() {},
        }),
        reply,
        fail() {},
      },
      () => new Promise(() => {}),
    );
    headSent = true;
    await server.close({ grace: 50 });
    expect(reply).not.toHaveBeenCalled();
    expect(await stream.closed).toBe("draining");
  });
});
