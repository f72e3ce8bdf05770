import { expect, it } from "vitest";
import { keyToken } from "../src/key-token.js";

it("gives different keys different tokens that NATS takes as one token of a subject", () => {
  const keys = [
    "",
    "=",
    "a",
    "A",
    "a.b",
    "a b",
    "*",
    ">",
    "a=002eb",
    "ü",
    "\ud800",
    "\udc00",
    "🙂",
    "\0",
    "__proto__",
  ];
  const tokens = keys.map(keyToken);
  expect(new Set(tokens).size).toBe(keys.length);
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_=-]+$/);
});

it("refuses a key for which a subject is too short", () => {
  expect(() => keyToken("k".repeat(3_001))).toThrow(
    expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }) as Error,
  );
  expect(() => keyToken(5 as unknown as string)).toThrow("open: key: expected a string, got number 5");
});
