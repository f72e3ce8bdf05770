// @ts-check
/**
 * An EventSource that can stop reading, which browsers' own cannot, nor their `fetch`, which reads ahead without limit.
 * This one lives in a worker: while the worker is blocked, nobody reads from its connection.
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
