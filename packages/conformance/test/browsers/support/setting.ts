import type { Browser, BrowserPage } from "./browser.js";
import type { Protocol } from "./start-server.js";

/** What a group of tests runs with. */
export interface Setting extends Pick<Browser, "shortRetry" | "insists"> {
  readonly protocol: Protocol;
  /** Opens the empty page of a server, in a fresh profile. It closes when the test finishes. */
  openPage(url: string): Promise<BrowserPage>;
}

/**
 * A reconnection time in milliseconds, longer than any test waits. A client that comes back was told a shorter one.
 */
export const TOO_LONG = 60_000;
/** A timer may fire this much early, in milliseconds. */
export const EARLY = 50;
