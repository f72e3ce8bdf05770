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

  // Goes from line to line, because a look at each character would take as long as all the rest of the relay.
  function findOverflow(text: string): number | undefined {
    const lineFeeds = createFinder(text, "\n");
    const carriageReturns = createFinder(text, "\r");
    let at = 0;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (afterCR && code === LF) {
        afterCR = false;
        at++;
        continue;
      }
      afterCR = false;
      if (lineStart) inComment = code === COLON;
      const lineEnd = Math.min(lineFeeds.next(at), carriageReturns.next(at));
      const end = Math.min(lineEnd + 1, text.length);
      if (lineStart && lineEnd === at) {
        size = 0;
      } else if (!inComment) {
        if (size + end - at > limit) return at + limit - size;
        size += end - at;
      }
      lineStart = lineEnd < text.length;
      afterCR = lineStart && text.charCodeAt(lineEnd) === CR;
      at = end;
    }
    return undefined;
  }

  return { findOverflow, isInBlock: () => size > 0 };
}

/** Finds a character in a text again and again, each time from a later index on. */
function createFinder(text: string, character: string): { next(from: number): number } {
  let found = -1;
  return {
    /** Returns the index of the next one, or the length of the text if there is none. */
    next(from) {
      if (found < from) {
        const index = text.indexOf(character, from);
        found = index === -1 ? text.length : index;
      }
      return found;
    },
  };
}
