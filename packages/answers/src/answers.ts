import type { ChannelSource, EventStream, Subscription } from "@ssekit/core";

/**
 * The state of an answer.
 *
 * - `running`: its source is being read on some node.
 * - `done`: its source is exhausted. The answer is complete.
 * - `failed`: its source has failed, its node has died or was closed, or it has reached `maxBytes`.
 * - `stopped`: somebody has called `stop`.
 * - `unknown`: it was never started, or it is no longer kept.
 */
export type AnswerState = "running" | "done" | "failed" | "stopped" | "unknown";

/**
 * Answers by key. An answer is what one source has written. It is started once on all nodes, read by any number of
 * clients from its start, and stopped from any node.
 *
 * The last event of an answer has the type `done`, `failed` or `stopped`, and EventSource does not reconnect after it.
 * The key is often an id that a client sends: use one that cannot be guessed, or check who may read it.
 */
export interface Answers {
  /**
   * Starts an answer, unless one with this key was started before and is still kept. Nobody needs to be connected.
   *
   * The items of the source are what `publish` of a channel takes, but not of the types `done`, `failed`, `stopped` and
   * `unknown`. The `signal` that a function is given aborts when the answer is stopped or lost, and at `close()`.
   *
   * @returns `true` as soon as this call has claimed the key on all nodes. `false` if the key was claimed before: the
   *   source is not read, and if it was passed as a value it is returned (stopped).
   * @throws {SseError} as a rejection: `ERR_SSE_INVALID_OPTION`, `ERR_SSE_INVALID_SOURCE`, `ERR_SSE_CHANNEL_CLOSED`, or
   *   `ERR_SSE_LOG_UNAVAILABLE` if the log could not be reached for as long as `lease`. The source is then not read.
   * @example
   * ```ts
   * const id = crypto.randomUUID();
   * await answers.start(id, ({ signal }) => ask(prompt, signal));
   * ```
   */
  start(key: string, source: ChannelSource): Promise<boolean>;
  /**
   * Sends an answer to a stream: everything from its start, or after the client's last event ID, and then what is
   * still written. The stream ends with the answer. Subscribing never starts an answer.
   *
   * If the key is unknown, the stream ends with an event of type `unknown`. If the log cannot be reached, the stream
   * breaks off and its client may come back.
   *
   * @throws {SseError} `ERR_SSE_SUBSCRIBED`, `ERR_SSE_INVALID_STREAM`, `ERR_SSE_INVALID_OPTION`, `ERR_SSE_CHANNEL_CLOSED`
   * @example
   * ```ts
   * answers.subscribe(req.params.id, res.sse());
   * ```
   */
  subscribe(key: string, stream: EventStream): Subscription;
  /**
   * Stops an answer, on whatever node its source is read. The source's signal aborts, what was written before stays
   * readable, and all readers get the event `stopped`. An answer that is over is not changed.
   *
   * @returns the state afterwards: `stopped`, or the state in which the answer was already.
   * @throws {SseError} as a rejection: `ERR_SSE_INVALID_OPTION`, `ERR_SSE_CHANNEL_CLOSED`, or `ERR_SSE_LOG_UNAVAILABLE`
   *   if it is not known whether the answer was stopped. The call may be repeated.
   * @example
   * ```ts
   * const state = await answers.stop(req.params.id);
   * ```
   */
  stop(key: string): Promise<AnswerState>;
  /**
   * Returns the state of an answer.
   *
   * If the answer is running on another node, this node begins to observe that node. If the other node is dead, a call
   * after 4/3 of `lease` returns `failed`.
   *
   * @throws {SseError} as a rejection: `ERR_SSE_INVALID_OPTION`, `ERR_SSE_CHANNEL_CLOSED`, `ERR_SSE_LOG_UNAVAILABLE`
   * @example
   * ```ts
   * if ((await answers.state(req.params.id)) === "unknown") return res.sendStatus(404);
   * ```
   */
  state(key: string): Promise<AnswerState>;
  /**
   * Closes the answers of this node. Its sources' signals abort, and their answers end as `failed`. Streams that read
   * answers of other nodes are closed, and their clients may come back. A store that was given as `logs` stays open.
   */
  close(): Promise<void>;
}
