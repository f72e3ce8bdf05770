// @ts-check
/**
 * An EventSource that can stop reading. The EventSource of a browser cannot, and `fetch` reads ahead without a limit.
 * This one is in a worker. While the worker is blocked, its connection is not read.
 */
export class StoppableEventSource extends EventTarget {
  #worker = new Worker("/reader.js");
  #stopped = new Int32Array(new SharedArrayBuffer(4));

  /** @param {string} url */
  constructor(url) {
    super();
    this.#worker.onmessage = ({ data: [type, data] }) => this.dispatchEvent(new MessageEvent(type, { data }));
    this.#worker.postMessage([url, this.#stopped], []);
  }

  stop() {
    Atomics.store(this.#stopped, 0, 1);
  }

  readOn() {
    Atomics.store(this.#stopped, 0, 0);
    Atomics.notify(this.#stopped, 0);
  }

  close() {
    this.#worker.terminate();
  }
}
