import { END_SUFFIX } from "../format/reserved-ids.js";
import type { Exchange } from "./exchange.js";

// An id is a client's word and may be looked up and logged by the app, so it is kept short.
const MAX_BYTES = 1024;

/** What a request says about the last event the client saw. */
export interface RequestedId {
  /** The id, or `undefined`: there is none, or it is too long to be one of ours. */
  readonly id: string | undefined;
  /** The id came in the header: a client that reconnects by itself. */
  readonly reconnect: boolean;
  /** That stream was finished. */
  readonly ended: boolean;
  /** There was an id, but it is too long to be known. */
  readonly unknown: boolean;
}

/** There is none. */
export const NO_ID: RequestedId = { id: undefined, reconnect: false, ended: false, unknown: false };

/**
 * Reads the last event ID: the `Last-Event-ID` header, else the query parameter `lastEventId`, for pages that kept
 * an id themselves.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
 */
export function readLastEventId(exchange: Exchange): RequestedId {
  const header = exchange.requestHeader("last-event-id");
  if (header) {
    const id = decodeUtf8(header);
    return { ...bounded(id), reconnect: true, ended: id.endsWith(END_SUFFIX) };
  }
  const query = exchange.url.indexOf("?");
  if (query === -1) return NO_ID;
  const id = new URLSearchParams(exchange.url.slice(query)).get("lastEventId");
  return id ? { ...bounded(id), reconnect: false, ended: false } : NO_ID;
}

function bounded(id: string): { id: string | undefined; unknown: boolean } {
  const unknown = id.length > MAX_BYTES || new TextEncoder().encode(id).byteLength > MAX_BYTES;
  return { id: unknown ? undefined : id, unknown };
}

/** A header is UTF-8 on the wire, but most runtimes hand out one character for each byte of it. */
function decodeUtf8(header: string): string {
  let plain = true;
  const bytes = new Uint8Array(header.length);
  for (let i = 0; i < header.length; i++) {
    const code = header.charCodeAt(i);
    if (code > 0xff) return header; // decoded already
    if (code > 0x7f) plain = false;
    bytes[i] = code;
  }
  if (plain) return header;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return header;
  }
}
