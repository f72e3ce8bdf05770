/** The text as it arrives through an event stream: line ends are LF, lone surrogates are U+FFFD. */
export function asReceived(text: string): string {
  return wellFormed(text.replaceAll(/\r\n?/g, "\n"));
}

/** The text after encoding as UTF-8 and decoding: lone surrogates are U+FFFD. */
export function wellFormed(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
