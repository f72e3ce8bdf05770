import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBlockMeter } from "../src/block-meter.js";

/** The same by looking at each character: slow, and easy to see through. */
function meterOfCharacters(limit: number) {
  let size = 0;
  let lineStart = true;
  let inComment = false;
  let afterCR = false;
  return {
    findOverflow(text: string): number | undefined {
      for (let i = 0; i < text.length; i++) {
        const isEndOfCRLF = afterCR && text[i] === "\n";
        afterCR = text[i] === "\r";
        if (isEndOfCRLF) continue;
        const isLineEnd = text[i] === "\n" || text[i] === "\r";
        if (lineStart) {
          inComment = text[i] === ":";
          if (isLineEnd) size = 0;
        }
        if (!inComment && !(isLineEnd && lineStart) && ++size > limit) return i;
        lineStart = isLineEnd;
      }
      return undefined;
    },
    isInBlock: () => size > 0,
  };
}

describe("createBlockMeter", () => {
  const piece = fc.string({ unit: fc.constantFrom("\n", "\r", ":", "a", "b"), maxLength: 12 });

  it("finds the same overflow as a look at each character, however the text is cut", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (pieces, limit) => {
        const meter = createBlockMeter(limit);
        const expected = meterOfCharacters(limit);
        for (const text of pieces) {
          const overflow = meter.findOverflow(text);
          expect([text, overflow]).toEqual([text, expected.findOverflow(text)]);
          if (overflow !== undefined) return;
          expect(meter.isInBlock()).toBe(expected.isInBlock());
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
