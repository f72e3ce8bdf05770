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

// oxlint-disable-next-line unicorn/no-thenable -- a value that encode refuses
const thenable = { then() {} };

describe("encode", () => {
  it("writes comment, event, id, retry and data, in this order", () => {
    expect(encode({ data: "d", retry: 5, id: "i", event: "e", comment: "c" })).toBe(
      ": c\nevent: e\nid: i\nretry: 5\ndata: d\n\n",
    );
  });

  it.each(["a\nb", "a\rb", "a\r\nb"])("writes each line of %j as a data line of its own", (data) => {
    expect(encode({ data })).toBe("data: a\ndata: b\n\n");
  });

  it("keeps empty lines at either end of data", () => {
    expect(encode({ data: "\na\n" })).toBe("data:\ndata: a\ndata:\n\n");
  });

  it("keeps a leading space by writing another one before it", () => {
    expect(encode({ data: " x" })).toBe("data:  x\n\n");
  });

  it("does not treat U+2028, NEL, VT or FF as line ends", () => {
    expect(encode({ data: "a\u2028b\u0085c\u000bd\fe" })).toBe("data: a\u2028b\u0085c\u000bd\fe\n\n");
  });

  it("writes an empty data line for an event without data, because clients do not dispatch it otherwise", () => {
    expect(encode({ event: "ping" })).toBe("event: ping\ndata:\n\n");
  });

  it("writes an id by itself as a block without data", () => {
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

  it.each([
    ["event", "event: ping\ndata:\n\n", "ping"],
    ["comment", ": ping\n\n", "ping"],
    ["data", "data: ping\n\n", "ping"],
    ["id", "id: ping\n\n", "ping"],
    ["retry", "retry: 0\n\n", 0],
    ["event", "event:\ndata:\n\n", ""],
    ["comment", ":\n\n", ""],
    ["data", "data:\n\n", ""],
  ])("accepts a message that has only a %s", (field, block, value) => {
    expect(encode({ [field]: value })).toBe(block);
  });

  it.each([{}, { data: undefined, event: undefined }, Object.create(null) as object])(
    "refuses %j, a message without any field, and says what to do",
    (message) => {
      const error = refused(message);
      expect(error.code).toBe("ERR_SSE_INVALID_FIELD");
      expect(error.message).toMatch(/^message: expected at least one of .+ send\(\{ data: value \}\)/);
    },
  );

  it("accepts a message of a class whose fields are getters", () => {
    class Tick {
      get data() {
        return 5;
      }
    }
    expect(encode(new Tick())).toBe("data: 5\n\n");
  });

  it.each([
    [{ a: 1 }, '{"a":1}'],
    [[1, "x"], '[1,"x"]'],
    [7, "7"],
    [false, "false"],
    [null, "null"],
    [{ a: null, b: Number.NaN }, '{"a":null,"b":null}'],
    [Object.assign(new Error("no"), { toJSON: () => ({ message: "no" }) }), '{"message":"no"}'],
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
  // A loop and not it.each, which cannot print a bigint.
  for (const [name, data, hint] of [
    ["an error", new TypeError("no"), "error.message"],
    ["an error of another kind", new DOMException("no"), "error.message"],
    ["a Map", new Map([[1, 2]]), "Object.fromEntries"],
    ["a Set", new Set([1]), "[...set]"],
    ["a RegExp", /x/, "String(value)"],
    ["a generator", [][Symbol.iterator](), "[...value]"],
    ["URLSearchParams", new URLSearchParams("a=1"), "[...value]"],
    ["NaN", Number.NaN, "null"],
    ["Infinity", Infinity, "null"],
    ["-Infinity", -Infinity, "null"],
    ["an invalid Date", new Date(Number.NaN), "null"],
    ["an async function", async () => 1, "function"],
    ["a thenable", thenable, "await it"],
    ["a Buffer", Buffer.from("x"), "base64"],
    ["a DataView", new DataView(new ArrayBuffer(1)), "base64"],
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

  it.each([
    ["an error", new Error("no")],
    ["a Map", new Map()],
    ["a Set", new Set()],
    ["a RegExp", /x/],
    ["a bigint", 1n],
    ["a cycle", cycle],
    ["bytes", new Uint8Array(1)],
    ["NaN", Number.NaN],
    ["Infinity", Infinity],
    ["null", null],
  ] as [string, unknown][])("lets a serializer decide what becomes of %s", (_, data) => {
    let given: unknown;
    const serialize = (value: unknown): string => {
      given = value;
      return "mine";
    };
    expect(encode({ data }, { serialize })).toBe("data: mine\n\n");
    expect(given).toBe(data);
  });

  for (const [name, data] of [
    ["a promise", Promise.resolve(1)],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
  ] as const) {
    it(`refuses ${name} even with a serializer`, () => {
      expect(() => encode({ data }, { serialize: () => "never" })).toThrow(
        expect.objectContaining({ code: "ERR_SSE_INVALID_DATA" }),
      );
    });
  }

  it("refuses a result of a serializer that is not a string, and keeps its error as the cause", () => {
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

  for (const [name, message, hint] of [
    ["null", null, "send({ data: value })"],
    ["nothing", undefined, "send({ data: value })"],
    ["a text", "text", "encode({ data: text })"],
    ["a number", 5, "send({ data: value })"],
    ["a boolean", true, "send({ data: value })"],
    ["a bigint", 5n, "send({ data: String(value) })"],
    ["a symbol", Symbol("s"), "got a symbol"],
    ["an array", ["x"], "sendAll(array)"],
    ["a function", () => ({ data: "x" }), "sendAll"],
    ["an error", new Error("no"), "send({ data: { message: error.message } })"],
    ["an error with properties of its own", Object.assign(new Error("no"), { code: "E" }), "error.message"],
    ["an error with data", Object.assign(new Error("no"), { data: "x" }), "error.message"],
    ["a Map", new Map([["data", "x"]]), "send({ data: Object.fromEntries(map) })"],
    ["a Set", new Set(["x"]), "send({ data: [...set] })"],
    ["a RegExp", /x/, "send({ data: String(value) })"],
    ["a generator", [{ data: "x" }][Symbol.iterator](), "sendAll(source)"],
    ["a ReadableStream", new ReadableStream(), "sendAll(source)"],
    ["a Date", new Date(0), "send({ data: value })"],
    ["a promise", Promise.resolve({ data: "x" }), "await it first"],
    ["a thenable", thenable, "await it first"],
    ["bytes", new Uint8Array(3), "relay"],
    ["an ArrayBuffer", new ArrayBuffer(3), "relay"],
    ["a chunk of an SDK's stream", { id: "1", object: "chunk", choices: [] }, "send({ data: value })"],
  ] as const) {
    it(`refuses ${name} as a message and says what to do`, () => {
      const error = refused(message);
      expect(error.code).toBe("ERR_SSE_INVALID_FIELD");
      expect(error.message).toContain(hint);
    });
  }

  it("accepts 0 and 2^31-1 as retry", () => {
    expect(encode({ retry: 0 })).toBe("retry: 0\n\n");
    expect(encode({ retry: 2 ** 31 - 1 })).toBe("retry: 2147483647\n\n");
  });

  describe("of long texts, which it splits in batches,", () => {
    const numbers = Array.from({ length: 3000 }, (_, i) => String(i));
    const block = numbers.map((line) => `data: ${line}\n`).join("");
    const empty = "data:\n".repeat(3000);

    it.each(["\n", "\r", "\r\n"])("splits at every %j", (end) => {
      expect(encode({ data: numbers.join(end) })).toBe(`${block}\n`);
      expect(encode({ data: numbers.join(end) + end.repeat(3000) + numbers.join(end) })).toBe(
        `${block}${"data:\n".repeat(2999)}${block}\n`,
      );
      expect(encode({ data: end.repeat(2999) })).toBe(`${empty}\n`);
    });

    it("keeps lone surrogates and leading spaces", () => {
      expect(encode({ data: "\n \ud800".repeat(3000) })).toBe(`data:\n${"data:  \ud800\n".repeat(3000)}\n`);
    });
  });
});
