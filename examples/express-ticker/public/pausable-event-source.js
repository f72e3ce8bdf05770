// @ts-check
/**
 * An event stream over `fetch`, for it can stop reading, which EventSource cannot. Reads what ssekit sends: lines end in
 * LF, and there is one space after the colon.
 */
export class PausableEventSource extends EventTarget {
  #url;
  #abort = new AbortController();
  #lastEventId = "";
  /** @type {(() => void) | undefined} */
  #resume;
  #resumed = Promise.resolve();

  /** @param {string} url */
  constructor(url) {
    super();
    this.#url = url;
    void this.#run();
  }

  close() {
    this.#abort.abort();
  }

  pause() {
    this.#resumed = new Promise((resolve) => (this.#resume = resolve));
  }

  resume() {
    this.#resume?.();
  }

  async #run() {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        /** @type {HeadersInit} */
        const headers = { Accept: "text/event-stream" };
        if (this.#lastEventId) headers["Last-Event-ID"] = this.#lastEventId;
        const response = await fetch(this.#url, { headers, signal, cache: "no-store" });
        if (response.status !== 200 || response.body === null) return;
        this.dispatchEvent(new Event("open"));
        await this.#read(response.body);
      } catch {
        // as after every end: again
      }
      if (!signal.aborted) this.dispatchEvent(new Event("error"));
      await new Promise((later) => setTimeout(later, 3000));
    }
  }

  /** @param {ReadableStream<Uint8Array<ArrayBuffer>>} body */
  async #read(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      await this.#resumed;
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) this.#dispatch(block);
    }
  }

  /** @param {string} block */
  #dispatch(block) {
    let type = "message";
    const data = [];
    for (const line of block.split("\n")) {
      const [field, ...words] = line.split(": ");
      const value = words.join(": ");
      if (field === "event") type = value;
      else if (field === "id") this.#lastEventId = value;
      else if (field === "data") data.push(value);
    }
    if (data.length === 0 || this.#abort.signal.aborted) return;
    this.dispatchEvent(new MessageEvent(type, { data: data.join("\n"), lastEventId: this.#lastEventId }));
  }
}
