const LF = 10;
const CR = 13;
const COLON = 58;

/** Measures the unfinished block of an event stream. */
export interface BlockMeter {
  /** Takes the next text. Returns where in it a block exceeds the limit, or `undefined`. */
  findOverflow(text: string): number | undefined;
  /** Whether the text ended in the middle of a block. A comment is no part of one. */
  isInBlock(): boolean;
}

/**
 * Makes a meter of blocks.
 *
 * An upstream may never finish a block: an endless line, or millions of tiny `data` lines that the parser has to hold.
 * Counts the UTF-16 code units of the block's lines, line ends included; comments, which the parser drops as they come,
 * are free. However the text is cut, the same block is too large.
 */
export function createBlockMeter(limit: number): BlockMeter {
  let size = 0;
  let lineStart = true;
  let inComment = false;
  let afterCR = false;

  function findOverflow(text: string): number | undefined {
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
  }

  return { findOverflow, isInBlock: () => size > 0 };
}
