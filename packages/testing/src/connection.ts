/** The head of a response. */
export interface Head {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
}

/** What a connection tells of itself. */
export interface Receiver {
  /** The connection is open; a bare stream has no head. */
  open(head?: Head): void;
  /** A piece of the body, cut anywhere. */
  chunk(chunk: Uint8Array | string): void;
  /** The body is over; with a cause when it broke off. */
  end(cause?: unknown): void;
  /** There is no response, or the request's own assertions failed. */
  fail(error: unknown): void;
}

/** Ends a connection; resolves when it is closed. */
export type Disconnect = () => void | Promise<void>;
