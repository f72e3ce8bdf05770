// @ts-check
// The load: many raw sockets, which only look for the end of each event, so that most of the CPU is left for the server.
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { EventReader } from "./event-reader.mjs";
import { message } from "./message.mjs";
import { serve } from "./rpc.mjs";

// The data is JSON and the last field, so only an event ends like this. A comment or the block with `retry` does not.
const EVENT_END = "}\n\n";
/** Longer than `"number":1234567}\n\n` with the framing of a chunk. */
const TAIL = 40;
const SLOW_PAUSE_MS = 250;

/**
 * @typedef {object} Client
 * @property {string[]} [paths] the streams ask for these in turn
 * @property {string} [lastEventId]
 * @property {boolean} [timed] the time of every arrival is noted
 * @property {boolean} [slow] the clients read one chunk of bytes, and then nothing for a quarter of a second
 * @property {boolean} [beats] the heartbeats are counted, and not the events
 */

/** @typedef {{ socket: import("node:net").Socket, next: number, bytes: number, beats: number, tail: Buffer, wrong: string | undefined, reader: EventReader | undefined }} Stream */

/** @type {Stream[]} */
let streams = [];
/** Pairs of an event's number and the time of its arrival. @type {number[]} */
let arrivals = [];

/** @param {number} port @param {string} path @param {Client} client @returns {Promise<unknown>} */
function openStream(port, path, { lastEventId, timed = false, slow = false, beats = false }) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    // Only one stream of a process is read in full, because that costs much more.
    const reader = streams.length === 0 && !slow && !beats ? new EventReader() : undefined;
    /** @type {Stream} */
    const stream = {
      socket,
      next: 0,
      bytes: 0,
      beats: 0,
      tail: Buffer.alloc(0),
      wrong: undefined,
      reader,
    };
    streams.push(stream);
    const resume = lastEventId === undefined ? "" : `Last-Event-ID: ${lastEventId}\r\n`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n${resume}\r\n`);
    socket.on("error", reject);
    socket.on("close", () => {
      stream.wrong ??= "was closed";
      reject(new Error("The server has closed a connection"));
    });
    socket.once("data", resolve);
    socket.on("data", (chunk) => {
      if (slow) {
        socket.pause();
        setTimeout(() => socket.resume(), SLOW_PAUSE_MS);
        return;
      }
      stream.bytes += chunk.length;
      stream.reader?.read(chunk);
      if (beats) stream.beats += count(chunk, "\n\n");
      else readNumbers(stream, chunk, timed ? Number(process.hrtime.bigint()) / 1e6 : 0);
    });
  });
}

/**
 * Checks that the numbers of the events in a chunk follow one another.
 * @param {Stream} stream @param {Buffer} chunk @param {number} now 0: no times are noted
 */
function readNumbers(stream, chunk, now) {
  const bytes = stream.tail.length === 0 ? chunk : Buffer.concat([stream.tail, chunk]);
  let end = 0;
  for (let at = bytes.indexOf(EVENT_END); at !== -1; at = bytes.indexOf(EVENT_END, end)) {
    const number = numberBefore(bytes, at);
    if (number !== stream.next) stream.wrong ??= `got event ${number} instead of event ${stream.next}`;
    stream.next = number + 1;
    if (now > 0) arrivals.push(number, now);
    end = at + EVENT_END.length;
  }
  // After a whole event only the end of its chunk may follow. It has no digits, so it is not kept.
  const rest = bytes.length - end;
  stream.tail = rest <= 2 ? NOTHING : Buffer.from(bytes.subarray(-Math.min(rest, TAIL)));
}

const NOTHING = Buffer.alloc(0);

/** @param {Buffer} bytes @param {number} end */
function numberBefore(bytes, end) {
  let number = 0;
  for (let at = end - 1, factor = 1; at >= 0; at--, factor *= 10) {
    const digit = /** @type {number} */ (bytes[at]) - 48;
    if (digit < 0 || digit > 9) break;
    number += digit * factor;
  }
  return number;
}

/** @param {Buffer} bytes @param {string} what */
function count(bytes, what) {
  let found = 0;
  for (let at = bytes.indexOf(what); at !== -1; at = bytes.indexOf(what, at + what.length)) found++;
  return found;
}

serve({
  /**
   * Opens streams. Resolves when each of them has got its first bytes.
   * @param {{ port: number, count: number, atOnce?: number } & Client} options
   */
  async connect({ port, count, atOnce = 100, ...client }) {
    let opened = 0;
    const worker = async () => {
      while (opened < count) {
        const path = client.paths?.[opened % client.paths.length] ?? "/";
        opened++;
        await openStream(port, path, client);
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  },

  reset() {
    arrivals = [];
    for (const stream of streams) {
      stream.next = 0;
      stream.bytes = 0;
      stream.beats = 0;
      if (stream.reader !== undefined) stream.reader.data.length = 0;
    }
  },

  /**
   * Waits until every stream has received `events` events, but at most `seconds` seconds. Then it waits a little longer,
   * to find events that should not arrive.
   * @param {{ events: number, bytes: number, seconds: number }} options
   * @returns {Promise<{ mistakes: string[], bytes: number }>} the bytes are those of all streams together
   */
  async check({ events, bytes, seconds }) {
    const limit = performance.now() + seconds * 1000;
    const waiting = () => streams.some((stream) => stream.next < events && stream.wrong === undefined);
    while (waiting() && performance.now() < limit) await wait(10);
    await wait(100);
    const mistakes = streams.flatMap(({ next, wrong }, i) => {
      if (wrong !== undefined) return [`stream ${i} ${wrong}`];
      return next === events ? [] : [`stream ${i} got ${next} events instead of ${events}`];
    });
    for (const { reader } of streams) {
      if (reader === undefined) continue;
      const expected = Array.from({ length: events }, (_, i) => JSON.stringify(message(i, bytes)));
      const different = expected.findIndex((text, i) => text !== reader.data[i]);
      if (reader.data.length !== events) mistakes.push(`a stream has ${reader.data.length} events with data`);
      else if (different !== -1) mistakes.push(`event ${different} has other data`);
    }
    return { mistakes, bytes: streams.reduce((sum, stream) => sum + stream.bytes, 0) };
  },

  /** The least and the most heartbeats of a stream since `reset`, and those of all streams. */
  beats: () => ({
    least: Math.min(...streams.map(({ beats }) => beats)),
    most: Math.max(...streams.map(({ beats }) => beats)),
    all: streams.reduce((sum, { beats }) => sum + beats, 0),
  }),

  /** The events that arrived since `reset`: their numbers and the times of their arrival, in pairs. */
  arrivals: () => arrivals,

  disconnect() {
    for (const { socket } of streams) {
      socket.removeAllListeners("close");
      // After an orderly end the port cannot be used for a minute, and there are not enough ports for all rounds.
      socket.resetAndDestroy();
    }
    streams = [];
  },
});
