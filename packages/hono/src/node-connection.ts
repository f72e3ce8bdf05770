/** What is used of the request and response of Node that `@hono/node-server` hands on in `env`. */
interface NodeEnv {
  incoming: {
    httpVersionMajor: number;
    socket: NodeSocket;
    /** `null`: nobody has begun to read the body. */
    readableFlowing?: boolean | null;
    resume?(): void;
  };
  outgoing: {
    socket: NodeSocket | null;
    once(event: "close", listener: () => void): void;
    destroy(): void;
    [STREAM]?: true;
  };
}

interface NodeSocket {
  readonly destroyed: boolean;
  /** The response that has its turn. Node's own, in every version. */
  readonly _httpMessage?: { [STREAM]?: true } | null;
  on(event: "close", listener: () => void): void;
  off(event: "close", listener: () => void): void;
  /** An event stream waits for its turn. */
  [STREAM]?: true;
}

const STREAM = Symbol.for("ssekit.hono-stream/1");

/**
 * What is behind a request on Node. Its socket tells what `request.signal` does not: that a client has left whose
 * request waits behind another response on its connection.
 */
export class NodeConnection {
  readonly #incoming: NodeEnv["incoming"];
  readonly #outgoing: NodeEnv["outgoing"];
  #left: AbortController | undefined;

  private constructor({ incoming, outgoing }: NodeEnv) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  /** `undefined`: this is not Node. */
  static of(env: unknown): NodeConnection | undefined {
    const { incoming, outgoing } = (env ?? {}) as Partial<NodeEnv>;
    const isNode = incoming?.socket !== undefined && typeof outgoing?.destroy === "function";
    return isNode ? new NodeConnection({ incoming, outgoing }) : undefined;
  }

  /** The response waits for its turn on the connection. */
  get #waits(): boolean {
    return this.#incoming.httpVersionMajor === 1 && this.#outgoing.socket === null;
  }

  get isBehindStream(): boolean {
    if (!this.#waits) return false;
    const { _httpMessage: current, [STREAM]: waiting } = this.#incoming.socket;
    return waiting ?? current?.[STREAM] ?? false;
  }

  /** What aborts when the client leaves, for a response that waits; else `undefined`, for the request has one. */
  get signal(): AbortSignal | undefined {
    if (!this.#waits) return undefined;
    this.#left ??= new AbortController();
    if (this.#incoming.socket.destroyed) this.#left.abort();
    return this.#left.signal;
  }

  /** The response is an event stream from now on. */
  opened(): void {
    this.#outgoing[STREAM] = true;
    if (!this.#waits) return;
    const { socket } = this.#incoming;
    const closed = (): void => this.#left?.abort();
    socket[STREAM] = true;
    socket.on("close", closed);
    this.#outgoing.once("close", () => {
      socket.off("close", closed);
      delete socket[STREAM];
    });
  }

  /** A body that nobody reads stops the connection, so that it would not tell when the client leaves. */
  drainRequest(): void {
    const incoming = this.#incoming;
    // Not before the app may have begun to read it.
    setTimeout(() => incoming.readableFlowing === null && incoming.resume?.(), 0);
  }
}
