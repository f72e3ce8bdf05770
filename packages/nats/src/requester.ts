import type { Msg, MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { RequestFailed } from "./errors.js";

const STREAM_NOT_FOUND = 10_059;
// JetStream starts, has no leader at the moment, or lacks resources.
const BUSY = new Set([10_008, 10_009, 10_023, 10_076]);

// Milliseconds for which the client waits longer than its caller, who decides when an answer is late.
const SPARE = 5_000;

type Answer = Record<string, unknown>;

/** Sends requests, each of which has a deadline, and fails those whose answers were lost with the connection. */
export class Requester {
  readonly #connection: NatsConnection;
  readonly #timeout: number;
  readonly #underWay = new Set<(error: RequestFailed) => void>();
  #closed = false;

  /** @param timeout milliseconds that a request waits at most, whatever its deadline. */
  constructor(connection: NatsConnection, timeout: number) {
    this.#connection = connection;
    this.#timeout = timeout;
  }

  /** Sends a request to the API of JetStream. */
  api(api: string, body: object | undefined, deadline: number): Promise<Answer> {
    return this.json(`$JS.API.${api}`, body && JSON.stringify(body), deadline);
  }

  /** Sends a request whose answer is JSON. */
  async json(
    subject: string,
    text: string | undefined,
    deadline: number,
    headers?: MsgHdrs,
  ): Promise<Answer> {
    const message = await this.#send<Msg>(deadline, (timeout, resolve, reject) => {
      const options = { timeout, ...(headers && { headers }) };
      this.#connection.request(subject, text, options).then(resolve, (error) => reject(failure(error)));
    });
    const answer = message.json<Answer>();
    const error = answer.error as { err_code: number; description: string } | undefined;
    if (error === undefined) return answer;
    const { err_code: apiCode, description } = error;
    const kind = apiCode === STREAM_NOT_FOUND ? "missing" : BUSY.has(apiCode) ? "busy" : "refused";
    throw new RequestFailed(kind, `JetStream answered ${apiCode}: ${description}`, { apiCode });
  }

  /** Sends a request with many answers. `take` gets each, and returns the result with the last one. */
  many<T>(subject: string, text: string, deadline: number, take: (answer: Msg) => T | undefined): Promise<T> {
    return this.#send<T>(deadline, (timeout, resolve, reject) => {
      const receive = async (): Promise<void> => {
        // The answers are messages of the stream and have its subjects, by which the shared inbox could not tell them.
        const options = { strategy: "count", maxMessages: -1, maxWait: timeout, noMux: true } as const;
        for await (const answer of await this.#connection.requestMany(subject, text, options)) {
          const taken = take(answer);
          if (taken !== undefined) return resolve(taken);
        }
        reject(new RequestFailed("timeout", "no answer in time"));
      };
      receive().catch((error: unknown) => reject(failure(error)));
    });
  }

  /** Fails the requests that are under way, because the connection was lost and with it their answers. */
  failAll(kind: "lost" | "closed"): void {
    if (kind === "closed") this.#closed = true;
    const error = new RequestFailed(
      kind,
      kind === "lost" ? "the connection broke off" : "the store is closed",
    );
    for (const fail of [...this.#underWay]) fail(error);
  }

  #send<T>(
    deadline: number,
    start: (timeout: number, resolve: (value: T) => void, reject: (error: RequestFailed) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) throw new RequestFailed("closed", "the store is closed");
      const timeout = Math.ceil(Math.min(deadline - performance.now(), this.#timeout));
      if (timeout <= 0) throw new RequestFailed("timeout", "no answer in time");
      // Timers run before sockets are read: a process that was busy would otherwise take its own delay for a silence of
      // the server. So the answers that have arrived are read first.
      const timer = setTimeout(() => {
        setImmediate(() => fail(new RequestFailed("timeout", "no answer in time")));
      }, timeout);
      const done = (): void => {
        clearTimeout(timer);
        this.#underWay.delete(fail);
      };
      const fail = (error: RequestFailed): void => {
        done();
        reject(error);
      };
      this.#underWay.add(fail);
      const settle = (value: T): void => {
        done();
        resolve(value);
      };
      try {
        start(timeout + SPARE, settle, fail);
      } catch (error) {
        fail(failure(error));
      }
    });
  }
}

/** Compares names and not classes, because the connection may come from another copy of the client. */
function failure(error: unknown): RequestFailed {
  const { name = "", message = String(error), cause } = error as Partial<Error>;
  const names = [name, (cause as Partial<Error> | undefined)?.name];
  const is = (text: string): boolean => names.includes(text);
  if (is("NoResponders"))
    return new RequestFailed("missing", "no stream takes the subject", { cause: error });
  if (is("TimeoutError")) return new RequestFailed("timeout", "no answer in time", { cause: error });
  if (is("ClosedConnectionError") || is("DrainingConnectionError")) {
    return new RequestFailed("closed", "the connection is closed", { cause: error });
  }
  if (is("PermissionViolationError")) return new RequestFailed("refused", message, { cause: error });
  return new RequestFailed("lost", message, { cause: error });
}
