// Code may look like links.
const CODE = /^ *```.*?^ *```$|``.*?``|`[^`\n]*`/gms;
const LINK = /(?<before>!?\[(?:[^[\]]|\[[^\]]*\])*\]\()(?<address>[^)\s]+)(?<after>(?: "[^"]*")?\))/g;

/**
 * Replaces the addresses of links and images, and leaves code as it is. A link without an address becomes its text.
 * @param {string} markdown
 * @param {(address: string) => string | undefined} replace
 */
export function replaceLinks(markdown, replace) {
  /** @type {string[]} */
  const code = [];
  const hidden = markdown.replaceAll(CODE, (text) => `\u0000${code.push(text) - 1}\u0000`);
  const replaced = hidden.replaceAll(LINK, (_link, before, address, after) => {
    const replacement = replace(address);
    if (replacement !== undefined) return before + replacement + after;
    return before.replace(/^!?\[/, "").replace(/\]\($/, "");
  });
  return replaced.replaceAll(/\u0000(\d+)\u0000/g, (_, index) => code[index] ?? "");
}

/**
 * The addresses of the links and images of a page.
 * @param {string} markdown
 */
export function linksOf(markdown) {
  /** @type {string[]} */
  const addresses = [];
  replaceLinks(markdown, (address) => {
    addresses.push(address);
    return address;
  });
  return addresses;
}

/**
 * Splits a link into the file of the repository that it names, and its fragment with the `#`. `undefined`: it leads
 * elsewhere.
 * @param {string} from the page, as a path from the root of the repository
 * @param {string} address
 */
export function resolveLink(from, address) {
  if (/^[a-z][a-z+.-]*:|^\/\//.test(address)) return undefined;
  const { pathname, hash } = new URL(address, `file:///${from}`);
  return { file: decodeURIComponent(pathname.slice(1)).replace(/\/$/, ""), hash };
}
