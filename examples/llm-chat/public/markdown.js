// @ts-check
import DOMPurify from "dompurify";
import { Marked } from "marked";

const marked = new Marked({
  renderer: {
    /** HTML is shown as it is written. */
    html: ({ text, block }) => (block ? `<p>${escape(text)}</p>` : escape(text)),
    /** Of a picture only its text is shown: its address could tell another server what was said. */
    image: ({ text }) => escape(text),
  },
});

/** The elements and attributes that Markdown is made of. Anything else is removed, whoever made it. */
const allowed = {
  ALLOWED_TAGS: [
    ...["h1", "h2", "h3", "h4", "h5", "h6", "p", "blockquote", "ul", "ol", "li", "pre", "hr", "br"],
    ...["strong", "em", "del", "code", "a", "table", "thead", "tbody", "tr", "th", "td"],
  ],
  ALLOWED_ATTR: ["href", "title", "start", "align"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ADD_URI_SAFE_ATTR: ["start", "align"], // they are no addresses
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i, // a relative link would lead into this app
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
    const tokens = marked.lexer(text);
    const links = JSON.stringify(tokens.links); // `[name]: address` lines, which blocks above them may refer to
    if (links !== shownLinks) shown = [];
    shownLinks = links;

    for (const [index, token] of tokens.entries()) {
      if (shown[index] === token.raw) continue;
      const block = element.children[index] ?? element.appendChild(document.createElement("div"));
      block.replaceChildren(sanitize(marked.parser([token], marked.defaults)));
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

/** @param {string} text */
function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
