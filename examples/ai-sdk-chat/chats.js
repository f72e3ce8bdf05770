// @ts-check

/**
 * @typedef {object} Chat
 * @property {import("ai").UIMessage[]} messages
 * @property {string} [answer] the key of the latest answer, which is also the id of its message
 */

/** Keeps chats by id in memory. In your app this is a table of a database, which all nodes share. */
export function createChats() {
  /** @type {Map<string, Chat>} */
  const chats = new Map();
  return {
    /** @param {string} id */
    get: (id) => chats.get(id),

    /**
     * Stores the messages that a client has sent, and the key of the answer to the last one.
     * @param {string} id
     * @param {import("ai").UIMessage[]} messages
     * @param {string} answer
     */
    ask(id, messages, answer) {
      chats.set(id, { messages, answer });
    },

    /**
     * Stores the messages with the answer, unless another question was asked meanwhile.
     * @param {string} id
     * @param {import("ai").UIMessage[]} messages
     * @param {string} answer
     */
    save(id, messages, answer) {
      if (chats.get(id)?.answer === answer) chats.set(id, { messages, answer });
    },
  };
}
