/**
 * The anchor that GitHub gives a heading. The site does the same, so that a link works in both.
 * @param {string} heading the heading's text, without Markdown
 */
export function anchorOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation}\s-]/gu, "")
    .replaceAll(/\s/g, "-");
}

/**
 * The anchors of all headings of a page in Markdown.
 * @param {string} markdown
 */
export function anchorsOf(markdown) {
  const text = markdown.replaceAll(/^ *```.*?^ *```$/gms, "");
  /** @type {Map<string, number>} */
  const counts = new Map();
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*]|\\(?=[<>|_])/g, "");
    const anchor = anchorOf(plain);
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}
