import { describe, expect, it, vi } from "vitest";
import {
  createChannel,
  createChannels,
  EventStreamServer,
  MemoryLog,
  type EventLog,
  type EventStream,
} from "@ssekit/core";

/** Opens a stream whose client reads everything; `text()` is what it has read so far, a little later. */
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

/** A log that answers later, and in whose place another one can be put while nobody follows it. */
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

describe("subscribing", () => {
  it("sends what the program says although the log is another one than what was published went into", async () => {
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

  it("ends a stream that has a hole although its snapshot is never made", async () => {
    const channel = createChannel({ log: replaceable() });
    const client = await open((stream) => {
      channel.subscribe(stream, { snapshot: () => new Promise(() => {}) });
      stream.end();
    }, "another-7");
    expect(await client.text()).toMatch(/event: reset\n[^]*event: end\n/);
  });

  it("refuses an option that does not exist, which would let through what was to be left out", async () => {
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

  it("closes the stream of an asynchronous filter, which would let through everything", async () => {
    const channel = createChannel();
    const client = await open((stream) =>
      channel.subscribe(stream, { filter: (async () => false) as never }),
    );
    await channel.publish("secret");
    expect(await client.stream.closed).toBe("error");
    expect(data(await client.text())).toEqual([]);
  });

  it("makes text of a snapshot as of what is published", async () => {
    const serialize = (value: unknown) =>
      JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
    const channel = createChannel({ serialize });
    const client = await open((stream) => channel.subscribe(stream, { snapshot: () => ({ total: 5n }) }));
    expect(data(await client.text())).toEqual(['{"total":"5n"}']);
  });

  it("again, to other topics, does not replay what the first subscription has", async () => {
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

  it("gives the end of a stream that was sent nothing the place it had in the log, and takes no other", async () => {
    const channel = createChannel();
    const id = await channel.publish({ topic: "loud", data: "a" });
    const client = await open((stream) => channel.subscribe(stream, { topics: ["quiet"] }));
    expect(() => client.stream.end({ id: "mine" })).toThrow(
      expect.objectContaining({ code: "ERR_SSE_SUBSCRIBED" }),
    );
    client.stream.end();
    expect(await client.text()).toContain(`event: end\nid: ${id}~end\n`);
  });

  it("ends with a filter that unsubscribes, which lets nothing through any more", async () => {
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
  it("says at once what is wrong with the options of its channels", () => {
    expect(() => createChannels({ history: { events: -1 } })).toThrow("history.events");
  });
});

describe("EventStreamServer.close()", () => {
  it("leaves a response alone that somebody else has begun while the source had nothing", async () => {
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
