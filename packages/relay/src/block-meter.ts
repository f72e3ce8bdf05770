const LF = 10;
const CR = 13;
const COLON = 58;

/** Measures the unfinished block of an event stream. */
export interface BlockMeter {
  /** Measures the next text. Returns the index at which a block exceeds the limit, or `undefined` if none does. */
  findOverflow(text: string): number | undefined;
  /** Whether the text so far ends in the middle of a block. Comments do not belong to blocks. */
  isInBlock(): boolean;
}

/**
 * Makes a meter that finds a block that is larger than a limit.
 *
 * An upstream may never finish a block: it may send an endless line, or millions of tiny `data` lines, and the parser
 * keeps them all. The meter counts the UTF-16 code units of the block's lines, including the line ends. Comments are not
 * counted, because the parser does not keep them. The result does not depend on how the text is cut.
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
