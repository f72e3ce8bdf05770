/** A piece of code on a page. */
export interface Snippet {
  /** The page, and the line on which the code begins. */
  readonly name: string;
  readonly language: string;
  readonly code: string;
  /**
   * How it runs, or why it does not, from the comment before it:
   *
   * - `<!-- runs: GET /path prints "text" -->`: as a server, whose answer to the request contains the text.
   * - `<!-- runs alone -->`: until it ends, with the exit code 0.
   * - `<!-- runs alone and prints "text" -->`: in the same way, and its output contains the text.
   * - `<!-- not run: reason -->`.
   *
   * With ` with redis` at the end, a Redis server is started before, whose address is in `REDIS_URL`.
   *
   * `undefined`: it has no such comment.
   */
  readonly how: string | undefined;
}

const FENCE =
  /(?:^ *<!-- (?<how>(?:runs|not run)[^\n]*?) -->\s*|^(?<file>\*\*`[^`\n]+`\*\*)\s*)?^(?<indent> *)```(?<language>\w+)[^\n]*\n(?<code>.*?)^ *```$/gms;
// They are commands, or no code.
const NOT_CODE = ["sh", "txt", "text", "http"];

/** The code on a page, without the files of an app, which `frameworks/pages.test.ts` compares and starts. */
export function snippetsOf(page: string, markdown: string): Snippet[] {
  return [...markdown.matchAll(FENCE)].flatMap(({ index, 0: all, groups }) => {
    const { how, file, indent, language, code } = groups!;
    if (file !== undefined || NOT_CODE.includes(language!)) return [];
    const line = markdown.slice(0, index + all.indexOf("```")).split("\n").length;
    const name = `${page}:${line}`;
    return [{ name, language: language!, code: code!.replaceAll(new RegExp(`^${indent}`, "gm"), ""), how }];
  });
}
