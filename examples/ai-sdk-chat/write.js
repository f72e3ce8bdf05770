// @ts-check
import { convertToModelMessages, streamText } from "ai";

/**
 * The source of an answer: the chunks of a UI message stream.
 * @param {object} options
 * @param {import("ai").LanguageModel} options.model
 * @param {import("ai").UIMessage[]} options.messages
 * @param {string} options.key the id of the message that is written
 * @param {AbortSignal} options.signal aborts when the answer is stopped, and not when a client leaves
 * @param {(messages: import("ai").UIMessage[]) => void} options.save called at the end, also when the answer was stopped
 */
export async function* write({ model, messages, key, signal, save }) {
  /** @type {unknown} */
  let failure;
  const result = streamText({
    model,
    messages: await convertToModelMessages(messages),
    abortSignal: signal,
    onError: ({ error }) => void (failure = error),
  });
  const chunks = result.toUIMessageStream({
    originalMessages: messages,
    generateMessageId: () => key,
    onFinish: ({ messages }) => save(messages),
  });
  for await (const chunk of chunks) {
    // The AI SDK passes an error on as a chunk, and then ends as usual. The answer would count as done. So it is thrown, and
    // `endData` sends the chunk.
    if (chunk.type === "error") throw failure ?? new Error(chunk.errorText);
    // It also ends as usual if the provider's stream has ended early. Then the provider has given no reason.
    if (chunk.type === "finish" && chunk.finishReason === "other" && !(await result.rawFinishReason)) {
      throw new Error("The provider's stream has ended before the answer was complete");
    }
    yield { data: chunk };
  }
}
