// @ts-check
import { addPoint, span } from "./curve.js";

const [lowest, highest] = [90, 110];
const grid = [95, 100, 105];
/** Seconds before now. */
const times = [60, 30, 0];
/** Room around the curves, in pixels, so that no label is under a line. */
const margin = { top: 18, right: 8, bottom: 18, left: 30 };

/**
 * Draws curves in an `<svg>`. The style sheet sets the colour of each symbol.
 * @param {SVGSVGElement} svg
 */
export function createPlot(svg) {
  /** @type {Record<string, [time: number, price: number][]>} */
  let curves = {};
  /** @type {{ from: number, to: number }[]} the times for which events are missing */
  let holes = [];

  return {
    /** @param {typeof curves} state */
    replace(state) {
      curves = state;
    },

    /** @param {{ symbol: string, time: number, price: number }} tick */
    add({ symbol, time, price }) {
      addPoint((curves[symbol] ??= []), time, price);
    },

    /**
     * @param {number} from
     * @param {number} to
     */
    addHole(from, to) {
      holes.push({ from, to });
    },

    /** @param {number} now the right edge */
    draw(now) {
      const [width, height] = [svg.clientWidth, svg.clientHeight];
      const [left, right] = [margin.left, width - margin.right];
      const [top, bottom] = [margin.top, height - margin.bottom];
      const x = (/** @type {number} */ time) =>
        round(Math.max(left, right - ((right - left) * (now - time)) / span));
      const y = (/** @type {number} */ price) => {
        const inside = Math.min(Math.max(price, lowest), highest);
        return round(top + ((bottom - top) * (highest - inside)) / (highest - lowest));
      };
      holes = holes.filter(({ to }) => to > now - span);
      svg.replaceChildren(
        ...holes.flatMap(({ from, to }) => [
          shape("rect", {
            class: "hole",
            x: x(from),
            y: top,
            width: Math.max(2, x(to) - x(from)),
            height: bottom - top,
          }),
          label("reset", x(to), top - 5, "end"),
        ]),
        ...grid.map((price) => shape("line", { x1: left, x2: right, y1: y(price), y2: y(price) })),
        ...grid.map((price) => label(String(price), left - 6, y(price) + 4, "end")),
        ...times.map((seconds) =>
          label(ago(seconds), x(now - seconds * 1000), height - 4, anchorOf(seconds)),
        ),
        ...Object.entries(curves).map(([symbol, curve]) =>
          shape("polyline", {
            "data-symbol": symbol,
            points: curve.map(([time, price]) => `${x(time)},${y(price)}`).join(" "),
          }),
        ),
      );
    },
  };
}

/** @param {number} seconds */
function ago(seconds) {
  return seconds === 0 ? "now" : `−${seconds} s`;
}

/**
 * The labels at both ends stay inside the plot.
 * @param {number} seconds
 */
function anchorOf(seconds) {
  if (seconds === times[0]) return "start";
  return seconds === 0 ? "end" : "middle";
}

/**
 * @param {string} words
 * @param {number} x
 * @param {number} y
 * @param {"start" | "middle" | "end"} anchor
 */
function label(words, x, y, anchor) {
  const text = shape("text", { x, y, "text-anchor": anchor });
  text.textContent = words;
  return text;
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function shape(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  return element;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
