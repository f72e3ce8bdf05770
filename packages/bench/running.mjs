// @ts-check
import { start } from "./rpc.mjs";

const SERVER = new URL("server.mjs", import.meta.url);
const CLIENT = new URL("client.mjs", import.meta.url);
/** A process may have at most 20 000 file descriptors on many machines. */
const STREAMS_PER_PROCESS = 8_000;

/** @typedef {{ turns: number, rate: number, burst: number, bytes: number, topics?: (string | undefined)[] }} Publishing */
/** @typedef {{ events: number, cpu: number, wireBytes: number, sentAt: number[] }} Published */

/** The server process of a contender, and client processes with groups of streams. */
export class Running {
  /** @readonly */
  contender;
  #server;
  /** @type {Set<Clients>} */
  #groups = new Set();

  /** @param {string} contender @param {import("./contenders/index.mjs").ContenderOptions} options */
  constructor(contender, options = {}) {
    this.contender = contender;
    this.#server = start(SERVER, {
      args: [contender, JSON.stringify(options)],
      execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
    });
  }

  /** @type {import("./rpc.mjs").Started["call"]} */
  call(name, argument, seconds) {
    return this.#server.call(name, argument, seconds);
  }

  /** Starts a group of client processes for at most `streams` streams. @param {number} streams */
  clients(streams) {
    const group = new Clients(this, streams);
    this.#groups.add(group);
    return group;
  }

  /** Waits until the server's handler `what` returns `expected`. @param {string} what @param {number} expected */
  async until(what, expected) {
    const limit = performance.now() + 20_000;
    let count = await this.call(what);
    for (; count !== expected && performance.now() < limit; count = await this.call(what));
    if (count !== expected)
      throw new Error(`${this.contender}, ${what}: ${count} streams instead of ${expected}`);
  }

  /**
   * Publishes, and waits until every client has every event. A missing, an extra or a different event is an error.
   * @param {Publishing} load
   * @param {{ to: Clients, perStream?: number }[]} receivers `perStream`: how many of the events each stream gets, if not all
   * @param {number} patience seconds to wait for the last event
   * @returns {Promise<Published>} `cpu`: the server's CPU microseconds; `wireBytes`: what the clients received
   */
  async publish(load, receivers, patience = 20) {
    for (const { to } of receivers) await to.all("reset");
    const before = await this.call("cpu");
    const sentAt = await this.call("publish", load, (load.turns / load.rate) * 4 + 60);
    const result = { events: 0, wireBytes: 0, sentAt };
    for (const { to, perStream = load.turns * load.burst } of receivers) {
      const checked = await to.all("check", { events: perStream, bytes: load.bytes, seconds: patience });
      const mistakes = checked.flatMap((one) => one.mistakes);
      if (mistakes.length > 0)
        throw new Error(
          `${this.contender}: ${mistakes.length} mistakes, such as: ${mistakes.slice(0, 3).join(", ")}`,
        );
      for (const one of checked) result.wireBytes += one.bytes;
      result.events += perStream * to.open;
    }
    return { ...result, cpu: (await this.call("cpu")) - before };
  }

  async stop() {
    await Promise.all([this.#server.end(), ...[...this.#groups].map((group) => group.stop())]);
  }
}

/** Streams to one server, in as many processes as their number requires. */
export class Clients {
  open = 0;
  #running;
  #processes;

  /** @param {Running} running @param {number} streams */
  constructor(running, streams) {
    this.#running = running;
    this.#processes = Array.from({ length: Math.ceil(streams / STREAMS_PER_PROCESS) }, () => start(CLIENT));
  }

  /**
   * Opens streams, and returns when each has received its first bytes and the server knows all of them.
   * @param {number} count @param {import("./client.mjs").Client & { atOnce?: number }} client
   */
  async connect(count, client = {}) {
    const { length } = this.#processes;
    const port = await this.#running.call("port");
    const before = await this.#running.call("open");
    const share = (/** @type {number} */ i) =>
      Math.floor((count * (i + 1)) / length) - Math.floor((count * i) / length);
    await Promise.all(
      this.#processes.map((one, i) => one.call("connect", { port, count: share(i), ...client }, 60)),
    );
    this.open += count;
    await this.#running.until("open", before + count);
  }

  /** Closes all streams of the group, and waits until the server has noticed. */
  async disconnect() {
    const before = await this.#running.call("open");
    await this.all("disconnect");
    await this.#running.until("open", before - this.open);
    this.open = 0;
  }

  /**
   * Calls a handler of every client process.
   * @param {string} name @param {unknown} [argument]
   * @returns {Promise<any[]>}
   */
  all(name, argument) {
    return Promise.all(this.#processes.map((one) => one.call(name, argument, 60)));
  }

  async stop() {
    await Promise.all(this.#processes.map((one) => one.stop()));
  }
}

/**
 * Runs contenders until `use` returns, and ends them whatever happens.
 * @template T
 * @param {string[]} contenders
 * @param {import("./contenders/index.mjs").ContenderOptions} options
 * @param {(all: Running[]) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withRunning(contenders, options, use) {
  const all = contenders.map((contender) => new Running(contender, options));
  try {
    return await use(all);
  } finally {
    await Promise.all(all.map((running) => running.stop()));
  }
}

/**
 * Lets all contenders take turns in every round, in a rotating order, so that other work of the machine affects all of
 * them equally.
 * @template T
 * @param {readonly T[]} all @param {number} rounds @param {(one: T, round: number) => Promise<void>} measure
 */
export async function takeTurns(all, rounds, measure) {
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < all.length; i++)
      await measure(/** @type {T} */ (all[(round + i) % all.length]), round);
  }
}
