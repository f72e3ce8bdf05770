// @ts-check
import DOMPurify from "dompurify";
import { lexer, parser } from "marked";

/**
 * What Markdown is made of, and nothing else: no picture, for its address could tell another server what was said, and no
 * form, style, class or id, for an answer must not look like a part of the page.
 */
const allowed = {
  ALLOWED_TAGS: (
    "h1 h2 h3 h4 h5 h6 p br hr blockquote ul ol li strong em del code pre " + "a table thead tbody tr th td"
  ).split(" "),
  ALLOWED_ATTR: ["href", "title", "start", "align"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ADD_URI_SAFE_ATTR: ["start", "align"], // they are no addresses
  // Relative links would lead into this app.
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  RETURN_DOM_FRAGMENT: /** @type {const} */ (true),
};

/**
 * Returns a function that shows a growing text in the element, as Markdown. Paragraphs, lists and other blocks that have not
 * changed since the last call are not rendered again, so a long answer stays cheap and a selection in it stays.
 * @param {HTMLElement} element
 */
export function createMarkdown(element) {
  /** @type {string[]} the Markdown of each block that is shown */
  let shown = [];
  let shownLinks = "";

  return (/** @type {string} */ text) => {
    const tokens = lexer(text);
    const links = JSON.stringify(tokens.links); // `[name]: address` lines, which blocks above them may refer to
    if (links !== shownLinks) shown = [];
    shownLinks = links;

    for (const [index, token] of tokens.entries()) {
      if (shown[index] === token.raw) continue;
      const block = element.children[index] ?? element.appendChild(document.createElement("div"));
      block.replaceChildren(sanitize(parser([token])));
    }
    while (element.children.length > tokens.length) element.lastElementChild?.remove();
    shown = tokens.map(({ raw }) => raw);
  };
}

/** @param {string} html */
function sanitize(html) {
  const fragment = DOMPurify.sanitize(html, allowed);
  for (const link of fragment.querySelectorAll("a[href]")) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
  }
  return fragment;
}
