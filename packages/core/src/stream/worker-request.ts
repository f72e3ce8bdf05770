import type { EventStream } from "./event-stream.js";

/** Runs tasks in the context of one request. */
export interface RequestContext {
  /**
   * Runs the task at once if this request is the current one. Otherwise the task runs soon, in the order of the calls.
   * It never runs if the runtime has given up the request.
   */
  run(task: () => void): void;
  /** Whether the program is working for this request. */
  readonly isCurrent: boolean;
}

/** The globals that only workerd has. Only the members that are used here. */
export interface WorkerGlobals {
  readonly IdentityTransformStream: new () => TransformStream<Uint8Array, Uint8Array>;
  readonly WebSocketPair: new () => { readonly 0: { readonly readyState: number } };
}

/** Returns the globals of workerd. `undefined` in another runtime. */
export function workerGlobals(): WorkerGlobals | undefined {
  if (globalThis.navigator?.userAgent !== "Cloudflare-Workers") return undefined;
  const globals = globalThis as unknown as Partial<WorkerGlobals>;
  const isComplete = globals.IdentityTransformStream !== undefined && globals.WebSocketPair !== undefined;
  return isComplete ? (globals as WorkerGlobals) : undefined;
}

/**
 * The context of one request of a Worker. Bodies, timers and signals of a request cannot be used while the program is
 * working for another one: workerd then throws, rejects, or forgets the call. In a Durable Object all requests have one
 * context.
 */
export class WorkerRequest implements RequestContext {
  readonly #probe: { readonly readyState: number };
  #waiting: (() => void)[] = [];
  #wake!: () => void;

  constructor({ WebSocketPair }: WorkerGlobals) {
    this.#probe = new WebSocketPair()[0];
    this.#listen();
  }

  // workerd does not tell which request is the current one. Reading this property has no effect, and throws at once in
  // another request. Most other operations of workerd throw later, or only in some of its versions.
  get isCurrent(): boolean {
    try {
      return this.#probe.readyState >= 0;
    } catch {
      return false;
    }
  }

  run(task: () => void): void {
    this.#waiting.push(task);
    if (this.isCurrent) this.#runWaiting();
    else this.#wake();
  }

  /** Runs the waiting tasks when another request calls `#wake`: a promise continues in the request that awaits it. */
  #listen(): void {
    void new Promise<void>((resolve) => (this.#wake = resolve)).then(() => {
      this.#listen();
      this.#runWaiting();
    });
  }

  #runWaiting(): void {
    const tasks = this.#waiting;
    this.#waiting = [];
    for (const task of tasks) task();
  }
}

// The source of a client that left may be waiting for something when it is returned. It gets this much time to clean up.
const CLEANUP_MS = 5_000;

/** Resolves when the request of a stream is no longer needed. For `waitUntil` of a Worker. */
export async function untilOver(stream: EventStream): Promise<void> {
  if ((await stream.closed) === "ended") return;
  await new Promise((resolve) => setTimeout(resolve, CLEANUP_MS));
}
