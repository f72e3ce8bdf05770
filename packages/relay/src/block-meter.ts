const LF = 10;
const CR = 13;
const COLON = 58;

/**
 * Measures the unfinished block of an event stream, for an upstream may never finish one: an endless line, or
 * millions of tiny `data` lines that the parser has to hold. Counts the UTF-16 code units of the block's lines, line
 * ends included; comments, which the parser drops as they come, are free. However the text is cut, the same block is
 * too large.
 *
 * @returns a function that takes the next text and returns where in it a block exceeds `limit`, or `undefined`.
 */
export function createBlockMeter(limit: number): (text: string) => number | undefined {
  let size = 0;
  let lineStart = true;
  let inComment = false;
  let afterCR = false;

  return (text) => {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      const endOfCRLF = afterCR && code === LF;
      afterCR = code === CR;
      if (endOfCRLF) continue;
      const lineEnd = code === LF || code === CR;
      if (lineStart) {
        inComment = code === COLON;
        if (lineEnd) size = 0;
      }
      if (!inComment && !(lineEnd && lineStart) && ++size > limit) return i;
      lineStart = lineEnd;
    }
    return undefined;
  };
}
