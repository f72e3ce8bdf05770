import type { Source } from "./public-api.js";

/** A doc comment, split into its text and its tags. */
export interface DocComment {
  /** What stands before the first tag. */
  readonly text: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** The doc comment in front of a place of a file. Other comments may stand between. */
export function docCommentAt(source: Source, start: number): DocComment | undefined {
  let end = start;
  for (const comment of source.comments.toReversed()) {
    if (comment.end > end) continue;
    if (source.text.slice(comment.end, end).trim() !== "") return undefined;
    if (comment.type === "Block" && comment.value.startsWith("*")) return parseDocComment(comment.value);
    end = comment.start;
  }
  return undefined;
}

function parseDocComment(value: string): DocComment {
  const lines = value.slice(1).split("\n");
  const content = lines.map((line) => line.replace(/^\s*\*? ?/, "")).join("\n");
  const [text = "", ...tags] = content.split(/(?:^|\s)@(?=[a-z]+\b)/);
  const entries = tags.map((tag) => {
    const [, name = "", rest = ""] = /^([a-z]+)(.*)$/s.exec(tag)!;
    return [name, rest.trim()] as const;
  });
  return { text: text.trim(), tags: new Map(entries) };
}

// A first sentence that begins with one of these needs the sentence before it, or the symbol before it.
const NEEDS_CONTEXT = /^(It|They|These|This also|The same|As|Also|So|Likewise|See|Default)\b/;

/** Returns the fault of the first sentence of a comment. `undefined`: it has none. */
export function firstSentenceFault({ text }: DocComment): string | undefined {
  const [sentence] = text.split(/(?<=[.!?])\s|\n\s*\n/);
  if (sentence === undefined || sentence === "") return "no first sentence";
  if (!sentence.endsWith(".")) return "the first sentence has no full stop";
  if (!/^[A-Z`]/.test(sentence)) return "the first sentence does not begin with a capital letter";
  if (sentence.split(/\s+/).length < 3) return "the first sentence has fewer than three words";
  if (NEEDS_CONTEXT.test(sentence)) return "the first sentence does not stand alone";
  return undefined;
}
