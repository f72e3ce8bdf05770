/** What is used of the request and response of Node that `@hono/node-server` hands on in `env`. */
interface NodeEnv {
  incoming: {
    httpVersionMajor: number;
    socket: NodeSocket;
    /** `null`: nobody has begun to read the body. */
    readableFlowing?: boolean | null;
    resume?(): void;
  };
  outgoing: { socket: NodeSocket | null; once(event: "close", listener: () => void): void; [STREAM]?: true };
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
 * The connection of HTTP/1 behind a request on Node. Its socket tells what `request.signal` does not: that a client has
 * left whose request waits behind another response.
 */
export class NodeConnection {
  readonly #incoming: NodeEnv["incoming"];
  readonly #socket: NodeSocket;
  readonly #outgoing: NodeEnv["outgoing"];
  #left: AbortController | undefined;

  private constructor({ incoming, outgoing }: NodeEnv) {
    this.#incoming = incoming;
    this.#socket = incoming.socket;
    this.#outgoing = outgoing;
  }

  /** `undefined`: it is none of Node, or of HTTP/2. */
  static of(env: unknown): NodeConnection | undefined {
    const { incoming, outgoing } = (env ?? {}) as Partial<NodeEnv>;
    if (incoming?.httpVersionMajor !== 1 || typeof outgoing?.once !== "function") return undefined;
    return new NodeConnection({ incoming, outgoing });
  }

  /** The response waits for its turn on the connection. */
  get #waits(): boolean {
    return this.#outgoing.socket === null;
  }

  get isBehindStream(): boolean {
    const { _httpMessage: current, [STREAM]: waiting } = this.#socket;
    return this.#waits && (waiting ?? current?.[STREAM] ?? false);
  }

  /** What aborts when the client leaves, for a response that waits; else `undefined`, for the request has one. */
  get signal(): AbortSignal | undefined {
    if (!this.#waits) return undefined;
    this.#left ??= new AbortController();
    if (this.#socket.destroyed) this.#left.abort();
    return this.#left.signal;
  }

  /** A body that nobody reads stops the connection, so that it would not tell when the client leaves. */
  drainRequest(): void {
    const incoming = this.#incoming;
    setTimeout(() => incoming.readableFlowing === null && incoming.resume?.(), 0);
  }

  /** The response is an event stream from now on. */
  opened(): void {
    const socket = this.#socket;
    this.#outgoing[STREAM] = true;
    if (!this.#waits) return;
    socket[STREAM] = true;
    const closed = (): void => this.#left?.abort();
    socket.on("close", closed);
    this.#outgoing.once("close", () => {
      socket.off("close", closed);
      delete socket[STREAM];
    });
  }
}
