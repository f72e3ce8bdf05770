import { END_SUFFIX } from "../format/reserved-ids.js";
import type { Exchange } from "./exchange.js";

// A client can send any id, and an app may look it up or log it, so long ones are not taken.
const MAX_BYTES = 1024;

/** What a request says about the last event that the client received. */
export interface RequestedId {
  /** The id. `undefined`: there is none, or it is too long to be one of ssekit's. */
  readonly id: string | undefined;
  /** Whether the id came in the header, as that of a client that reconnects by itself does. */
  readonly reconnect: boolean;
  /** Whether the stream that the id belongs to was finished. */
  readonly ended: boolean;
  /** Whether there was an id that was too long to be known. */
  readonly unknown: boolean;
}

/** The result for a request without an id. */
export const NO_ID: RequestedId = { id: undefined, reconnect: false, ended: false, unknown: false };

/**
 * Reads the last event ID: the `Last-Event-ID` header, or else the query parameter `lastEventId`, for pages that have
 * stored an id themselves.
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

/** Decodes a header, which is UTF-8 on the wire, but of which most runtimes make one character for each byte. */
function decodeUtf8(header: string): string {
  let isAscii = true;
  const bytes = new Uint8Array(header.length);
  for (let i = 0; i < header.length; i++) {
    const code = header.charCodeAt(i);
    if (code > 0xff) return header; // the runtime has decoded it
    if (code > 0x7f) isAscii = false;
    bytes[i] = code;
  }
  if (isAscii) return header;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return header;
  }
}
