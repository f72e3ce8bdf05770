// @ts-check
import { addPoint, span } from "./curve.js";

const [lowest, highest] = [90, 110];
const grid = [95, 100, 105];

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
      const { clientWidth: width, clientHeight: height } = svg;
      const x = (/** @type {number} */ time) => round(width * (1 - (now - time) / span));
      const y = (/** @type {number} */ price) => round((height * (highest - price)) / (highest - lowest));
      holes = holes.filter(({ to }) => to > now - span);
      svg.replaceChildren(
        ...holes.flatMap(({ from, to }) => {
          const left = Math.max(0, x(from));
          return [
            shape("rect", { class: "hole", x: left, y: 0, width: Math.max(2, x(to) - left), height }),
            label("reset", x(to) - 5, 15, "end"),
          ];
        }),
        ...grid.map((price) => shape("line", { x1: 0, x2: width, y1: y(price), y2: y(price) })),
        ...Object.entries(curves).map(([symbol, curve]) =>
          shape("polyline", {
            "data-symbol": symbol,
            points: curve.map(([time, price]) => `${x(time)},${y(price)}`).join(" "),
          }),
        ),
        ...grid.map((price) => label(String(price), 2, y(price) - 4)),
      );
    },
  };
}

/**
 * @param {string} words
 * @param {number} x
 * @param {number} y
 * @param {"start" | "end"} anchor
 */
function label(words, x, y, anchor = "start") {
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
