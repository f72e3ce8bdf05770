// @ts-check
import { AbstractChat, DefaultChatTransport } from "ai";

/** @typedef {import("ai").UIMessage} UIMessage */
/** @typedef {import("ai").ChatState<UIMessage>} State */

/**
 * @typedef {object} ChatOptions
 * @property {string} id
 * @property {string} [api]
 * @property {() => void} [onChange] called whenever the state or the messages have changed
 * @property {import("ai").ChatOnFinishCallback<UIMessage>} [onFinish]
 */

/**
 * A chat of the AI SDK, as `useChat` of its React package is one. With React, Vue or Svelte you use theirs.
 * @extends {AbstractChat<UIMessage>}
 */
export class Chat extends AbstractChat {
  #address;
  /** How many answers were read to their end, or as far as that was possible. */
  #answersRead = 0;

  /** @param {ChatOptions} options */
  constructor({ id, api = "/api/chat", onChange = () => {}, onFinish }) {
    super({
      id,
      transport: new DefaultChatTransport({ api }),
      state: new ChatState(onChange),
      onFinish: (event) => {
        this.#answersRead += 1;
        onFinish?.(event);
      },
    });
    this.#address = `${api}/${encodeURIComponent(id)}`;
  }

  /** Whether the connection broke off, or could not be made. The answer may still be being written. */
  get isDisconnected() {
    return this.status === "error" && this.error instanceof TypeError; // as `fetch` says it
  }

  /**
   * Shows the chat as the server has it, and follows an answer that is being written. For a page that is loaded, and for one
   * that has lost its connection.
   * @returns {Promise<import("@ssekit/answers").AnswerState>} the state of the latest answer; `running` if it was read here
   */
  async load() {
    const response = await fetch(this.#address);
    if (!response.ok) throw new Error(`The server answered with status ${response.status}.`);
    const { messages, state } = await response.json();
    // The server stores an answer when it is over. Until then, what is shown of it stays until it is sent again.
    if (state !== "running" || this.lastMessage === undefined) this.messages = messages;
    if (state !== "running") {
      this.clearError();
      return state;
    }
    const before = this.#answersRead;
    await this.resumeStream();
    const isOver = this.#answersRead === before && this.status === "ready"; // it has ended meanwhile, and GET answered 204
    return isOver ? this.load() : state;
  }

  /** Stops the answer on the server. All clients that read it get its end, and so does this one. */
  async stopAnswer() {
    const { ok } = await fetch(`${this.#address}/stream`, { method: "DELETE" }).catch(() => ({ ok: false }));
    if (!ok) await this.stop(); // it only disconnects, but more cannot be done now
  }
}

/**
 * What the AI SDK stores of a chat. It tells of each change.
 * @implements {State}
 */
class ChatState {
  /** @type {import("ai").ChatStatus} */
  #status = "ready";
  /** @type {Error | undefined} */
  #error;
  /** @type {UIMessage[]} */
  #messages = [];
  #onChange;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get status() {
    return this.#status;
  }

  set status(status) {
    this.#status = status;
    this.#onChange();
  }

  get error() {
    return this.#error;
  }

  set error(error) {
    this.#error = error;
    this.#onChange();
  }

  get messages() {
    return this.#messages;
  }

  set messages(messages) {
    this.#messages = messages;
    this.#onChange();
  }

  pushMessage = (/** @type {UIMessage} */ message) => {
    this.messages = [...this.#messages, message];
  };

  popMessage = () => {
    this.messages = this.#messages.slice(0, -1);
  };

  replaceMessage = (/** @type {number} */ index, /** @type {UIMessage} */ message) => {
    this.messages = this.#messages.with(index, message);
  };

  /**
   * @template T
   * @param {T} value
   */
  snapshot = (value) => structuredClone(value);
}
