import { describe, expect, it } from "vitest";
import { encode, type EventMessage } from "@ssekit/core";

const refused = (message: unknown) => {
  try {
    encode(message as EventMessage);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("was not refused");
};

describe("encode", () => {
  it("writes comment, event, id, retry and data, in this order", () => {
    expect(encode({ data: "d", retry: 5, id: "i", event: "e", comment: "c" })).toBe(
      ": c\nevent: e\nid: i\nretry: 5\ndata: d\n\n",
    );
  });

  it.each(["a\nb", "a\rb", "a\r\nb"])("gives each line of %j a data line of its own", (data) => {
    expect(encode({ data })).toBe("data: a\ndata: b\n\n");
  });

  it("keeps empty lines at either end of data", () => {
    expect(encode({ data: "\na\n" })).toBe("data:\ndata: a\ndata:\n\n");
  });

  it("keeps a leading space by writing one of its own", () => {
    expect(encode({ data: " x" })).toBe("data:  x\n\n");
  });

  it("does not take U+2028, NEL, VT or FF for line ends", () => {
    expect(encode({ data: "a\u2028b\u0085c\u000bd\fe" })).toBe("data: a\u2028b\u0085c\u000bd\fe\n\n");
  });

  it("gives an event without data an empty data line, without which no client dispatches it", () => {
    expect(encode({ event: "ping" })).toBe("event: ping\ndata:\n\n");
  });

  it("writes an id alone as a block without data", () => {
    expect(encode({ id: "7" })).toBe("id: 7\n\n");
  });

  it("writes an empty id, which clears the client's", () => {
    expect(encode({ id: "", data: "x" })).toBe("id:\ndata: x\n\n");
  });

  it("writes a comment line for each line of a comment", () => {
    expect(encode({ comment: "a\r\ndata: forged\n\nevent: forged" })).toBe(
      ": a\n: data: forged\n:\n: event: forged\n\n",
    );
  });

  it("writes nothing for a message without fields", () => {
    expect(encode({})).toBe("");
    expect(encode({ data: undefined, event: undefined })).toBe("");
  });

  it.each([
    [{ a: 1 }, '{"a":1}'],
    [[1, "x"], '[1,"x"]'],
    [7, "7"],
    [false, "false"],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ])("sends %j as JSON", (data, json) => {
    expect(encode({ data })).toBe(`data: ${json}\n\n`);
  });

  it("splits the lines of what a serializer returns", () => {
    expect(encode({ data: { a: 1 } }, { serialize: (data) => JSON.stringify(data, null, 1) })).toBe(
      'data: {\ndata:  "a": 1\ndata: }\n\n',
    );
  });

  it("does not hand strings to the serializer", () => {
    expect(encode({ data: "x" }, { serialize: () => "never" })).toBe("data: x\n\n");
  });

  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  // Not it.each, which cannot print a bigint.
  for (const [name, data, hint] of [
    ["null", null, "leave data out"],
    ["a bigint", 1n, "String(value)"],
    ["a function", () => 1, "function"],
    ["a symbol", Symbol("s"), "symbol"],
    ["bytes", new Uint8Array(1), "base64"],
    ["an ArrayBuffer", new ArrayBuffer(1), "base64"],
    ["a cycle", cycle, "circular"],
    ["a nested bigint", { n: 1n }, "BigInt"],
    ["a promise", Promise.resolve(1), "await it"],
    ["what JSON has no text for", { toJSON: () => undefined }, "JSON.stringify"],
  ] as const) {
    it(`refuses ${name} as data and says what to do`, () => {
      const error = refused({ data });
      expect(error.code).toBe("ERR_SSE_INVALID_DATA");
      expect(error.message).toContain(hint);
    });
  }

  it("refuses what a serializer returns that is no string, and passes on what it throws as the cause", () => {
    expect(() => encode({ data: {} }, { serialize: () => 1 as never })).toThrow(
      "expected a string from serialize, got number 1",
    );
    const cause = new Error("mine");
    expect(() =>
      encode(
        { data: {} },
        {
          serialize() {
            throw cause;
          },
        },
      ),
    ).toThrow(expect.objectContaining({ code: "ERR_SSE_INVALID_DATA", cause }));
  });

  for (const [field, value] of [
    ["event", "a\nb"],
    ["event", "a\rb"],
    ["event", 1],
    ["event", null],
    ["id", "a\nb"],
    ["id", "a\r"],
    ["id", "a\0b"],
    ["id", 12],
    ["retry", -1],
    ["retry", 1.5],
    ["retry", Number.NaN],
    ["retry", 2 ** 31],
    ["retry", "1000\ndata: forged"],
    ["retry", 10n],
    ["comment", 5],
    ["evnt", "x"],
  ] as const) {
    it(`refuses ${field} ${String(value)} and names the field`, () => {
      const error = refused({ [field]: value });
      expect(error.code).toBe("ERR_SSE_INVALID_FIELD");
      expect(error.message).toMatch(new RegExp(`^${field}: `));
    });
  }

  it.each([null, undefined, "text", 5, ["x"]])("refuses %j as a message", (message) => {
    expect(refused(message).code).toBe("ERR_SSE_INVALID_FIELD");
  });

  it("takes 0 and 2^31-1 as retry", () => {
    expect(encode({ retry: 0 })).toBe("retry: 0\n\n");
    expect(encode({ retry: 2 ** 31 - 1 })).toBe("retry: 2147483647\n\n");
  });
});
