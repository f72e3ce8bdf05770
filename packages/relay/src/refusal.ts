import { SseError } from "@ssekit/core";
import { describe } from "@ssekit/core/adapter";
import type { ByteSource } from "./byte-source.js";

const EXCERPT_BYTES = 4096;
const EXCERPT_TIMEOUT = 2000; // ms; the client waits for the error meanwhile

/** The reason why a response is not an event stream. */
export interface Refusal {
  code: "ERR_SSE_UPSTREAM_STATUS" | "ERR_SSE_UPSTREAM_CONTENT_TYPE";
  message: string;
  status: number;
}

/**
 * Checks the head of a response. `undefined` means that it is an event stream.
 *
 * Every 2xx status is accepted, because some providers answer 201. EventSource accepts only 200.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
 */
export function findRefusal({ status, statusText, headers }: Response): Refusal | undefined {
  if (status < 200 || status > 299) {
    const got = `${status} ${statusText}`.trim();
    const message = `Expected the upstream to answer with a status from 200 to 299, got ${got}`;
    return { code: "ERR_SSE_UPSTREAM_STATUS", message, status };
  }
  const type = headers.get("content-type");
  if (type?.split(";", 1)[0]?.trim().toLowerCase() !== "text/event-stream") {
    const message = `Expected the upstream to answer with Content-Type text/event-stream, got ${describe(type)}`;
    return { code: "ERR_SSE_UPSTREAM_CONTENT_TYPE", message, status };
  }
  return undefined;
}

/** Makes a source whose first `read` rejects with the refusal's error, which has the beginning of the body. */
export function refusedSource({ code, message, status }: Refusal, body: ByteSource | undefined): ByteSource {
  return {
    async read() {
      // Not in the message, which may reach the client: providers put keys and account names into their errors.
      const upstreamBody = body && (await readExcerpt(body));
      throw new SseError(code, message, { upstreamStatus: status, upstreamBody });
    },
    cancel: () => body?.cancel(),
  };
}

async function readExcerpt(body: ByteSource): Promise<string> {
  const decoder = new TextDecoder();
  const timer = setTimeout(() => body.cancel(), EXCERPT_TIMEOUT);
  let text = "";
  try {
    for (let left = EXCERPT_BYTES; left > 0;) {
      const { done, value } = await body.read();
      if (done) break;
      text += decoder.decode(value.subarray(0, left), { stream: true });
      left -= value.byteLength;
    }
  } catch {
    // The text that has arrived is enough.
  } finally {
    clearTimeout(timer);
  }
  return text;
}
