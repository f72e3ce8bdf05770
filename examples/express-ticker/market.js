// @ts-check
import { createChannel } from "@ssekit/express";
import { addPoint } from "./public/curve.js";

export const symbols = ["wheat", "copper", "cocoa", "cotton"];

/**
 * @typedef {[price: number, quantity: number]} Level
 * @typedef {{ symbol: string, time: number, price: number, bids: Level[], asks: Level[] }} Tick
 * @typedef {{ live: number, lagging: number, buffered: number, resets: number, readers: Record<string, number> }} Stats
 */

/**
 * A market of made-up prices. Its channel has a topic for each symbol, and the topic `stats` for the server's counters.
 * @param {object} options
 * @param {import("@ssekit/express").EventStreamServer} options.events the server whose streams are counted
 * @param {import("@ssekit/express").History} [options.history] small, so that a reader that stops is soon behind it
 */
export function createMarket({ events, history = { events: 1000 } }) {
  let resets = 0;
  /** @type {import("@ssekit/express").Channel<{ tick: Tick, stats: Stats }>} */
  const prices = createChannel({ history, onReset: () => void resets++ });
  const walks = symbols.map((symbol) => ({
    symbol,
    price: 100,
    curve: /** @type {[number, number][]} */ ([]),
  }));

  return {
    prices,

    /** Publishes a tick of every symbol. All events of one turn of the event loop leave in one write. */
    tick() {
      for (const walk of walks) {
        walk.price += (100 - walk.price) / 2000 + (Math.random() - 0.5) / 3;
        const tick = {
          symbol: walk.symbol,
          time: Date.now(),
          price: cents(walk.price),
          ...orderBook(walk.price),
        };
        addPoint(walk.curve, tick.time, tick.price);
        void prices.publish({ event: "tick", topic: walk.symbol, data: tick });
      }
    },

    /** Publishes the counters. At most about 64 KB wait for a reader that lags: all other events are only in the log. */
    report() {
      const waiting = [...events.streams].map((stream) => stream.bufferedBytes).filter((bytes) => bytes > 0);
      const lagging = waiting.length;
      const buffered = waiting.reduce((sum, bytes) => sum + bytes, 0);
      const readers = Object.fromEntries(symbols.map((symbol) => [symbol, prices.topics.get(symbol) ?? 0]));
      const live = prices.size - lagging;
      void prices.publish({
        event: "stats",
        topic: "stats",
        data: { live, lagging, buffered, resets, readers },
      });
    },

    /**
     * The prices of the last minute. A reader starts with them if it has no last event ID, and gets them after a `reset`.
     * @param {string[]} topics
     */
    snapshot(topics) {
      const wanted = walks.filter(({ symbol }) => topics.includes(symbol));
      return {
        time: Date.now(),
        curves: Object.fromEntries(wanted.map(({ symbol, curve }) => [symbol, curve])),
      };
    },
  };
}

/**
 * @param {number} price
 * @returns {{ bids: Level[], asks: Level[] }}
 */
function orderBook(price) {
  const levels = Array.from({ length: 250 }, (_, index) => (index + 1) / 20);
  return {
    bids: levels.map((distance) => [cents(price - distance), quantity()]),
    asks: levels.map((distance) => [cents(price + distance), quantity()]),
  };
}

/** @param {number} price */
function cents(price) {
  return Math.round(price * 100) / 100;
}

function quantity() {
  return 100 + Math.floor(Math.random() * 900);
}
