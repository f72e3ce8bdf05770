/** Text after it went through an event stream: line ends are LF, lone surrogates are U+FFFD. */
export function asReceived(text: string): string {
  return wellFormed(text.replaceAll(/\r\n?/g, "\n"));
}

/** Text as UTF-8 has it. */
export function wellFormed(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
