/** Node's request and response, which `@hono/node-server` puts into `env`. Only the members that are used here. */
interface NodeEnv {
  incoming: {
    httpVersionMajor: number;
    socket: NodeSocket;
    /** `null` means that nobody has begun to read the body. */
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
  /** The response whose turn it is. A private field of Node, which every version has. */
  readonly _httpMessage?: { [STREAM]?: true } | null;
  on(event: "close", listener: () => void): void;
  off(event: "close", listener: () => void): void;
  /** Set while an event stream waits for its turn on this socket. */
  [STREAM]?: true;
}

const STREAM = Symbol.for("ssekit.hono-stream/1");

/**
 * The connection of a request on Node.
 *
 * If a request waits behind another response on its connection, `request.signal` does not abort when the client leaves.
 * The socket shows it.
 */
export class NodeConnection {
  readonly #incoming: NodeEnv["incoming"];
  readonly #outgoing: NodeEnv["outgoing"];
  #left: AbortController | undefined;

  private constructor({ incoming, outgoing }: NodeEnv) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  /** Finds the connection in the environment of a Hono context. `undefined` means that the runtime is not Node. */
  static of(env: unknown): NodeConnection | undefined {
    const { incoming, outgoing } = (env ?? {}) as Partial<NodeEnv>;
    const isNode = incoming?.socket !== undefined && typeof outgoing?.destroy === "function";
    return isNode ? new NodeConnection({ incoming, outgoing }) : undefined;
  }

  /** Whether the response waits for its turn on the connection. */
  get #waits(): boolean {
    return this.#incoming.httpVersionMajor === 1 && this.#outgoing.socket === null;
  }

  /** Whether the response waits on its connection for an event stream to end. */
  get isBehindStream(): boolean {
    if (!this.#waits) return false;
    const { _httpMessage: current, [STREAM]: waiting } = this.#incoming.socket;
    return waiting ?? current?.[STREAM] ?? false;
  }

  /**
   * A signal that aborts when the client leaves, if the response waits for its turn. Otherwise `undefined`, because the
   * request's own signal does it.
   */
  get signal(): AbortSignal | undefined {
    if (!this.#waits) return undefined;
    this.#left ??= new AbortController();
    if (this.#incoming.socket.destroyed) this.#left.abort();
    return this.#left.signal;
  }

  /** Records that the response is an event stream from now on. */
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

  /** Reads and drops a request body that the app does not read: while it is unread, Node does not notice that the client left. */
  drainRequest(): void {
    const incoming = this.#incoming;
    // Later, because the app may start reading in this turn.
    setTimeout(() => incoming.readableFlowing === null && incoming.resume?.(), 0);
  }
}
