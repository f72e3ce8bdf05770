/** The head of a response. */
export interface Head {
  /** The HTTP status. */
  status: number;
  /** The headers by their lower-case names. */
  headers: Record<string, string | string[] | undefined>;
}

/** The listeners for the events of a connection. */
export interface Receiver {
  /** Called when the response begins. A bare stream has no head. */
  open(head?: Head): void;
  /** Called with each chunk of the body, which may be cut anywhere. */
  chunk(chunk: Uint8Array | string): void;
  /** Called when the body is over, with a cause if it broke off. */
  end(cause?: unknown): void;
  /** Called if there is no response, or if an assertion of the request failed. */
  fail(error: unknown): void;
}

/** Closes a connection. The promise resolves when it is closed. */
export type Disconnect = () => void | Promise<void>;
