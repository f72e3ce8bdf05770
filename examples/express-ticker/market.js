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
 * A market of made-up prices. Its channel has a topic for each symbol, and `stats` for what the server sees.
 * @param {object} options
 * @param {import("@ssekit/express").EventStreamServer} options.events whose streams are counted
 * @param {import("@ssekit/express").History} [options.history] small, so that one soon sees what happens when it is left
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

    /** Publishes a tick of every symbol. All that is published in one turn leaves in one write. */
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

    /** Publishes how the readers are. One that lags has bytes waiting, at most some 64 KB: the rest is in the log. */
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
     * The last minute of some symbols: what a reader starts with that has no history, or whose history is gone.
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
