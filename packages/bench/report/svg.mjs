// @ts-check
import { round } from "../statistics.mjs";

const WIDTH = 900;
const LABELS = 250;
const BARS = 380;
const ROW = 18;
const HEAD = 34;

/**
 * Draws plain bars: a group for each case, and a bar for each row with its least and most round.
 * @param {ReturnType<typeof import("./machine.mjs").describeMachine>} machine
 * @param {import("./summary.mjs").Result[]} results
 */
export function drawSvg(machine, results) {
  const parts = [];
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const about = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}, ${machine.date.slice(0, 10)}`,
    ...lines(versions, 130),
    "Shorter bars are better, unless the heading says “per second”. The thin line goes from the least to the most round.",
  ];
  let y = 8;
  for (const line of about) parts.push(text(12, (y += 16), line, "quiet"));
  for (const { case: name, title, metrics, reference } of results) {
    const metric = metrics[0];
    if (metric === undefined) continue;
    y += HEAD;
    parts.push(text(12, y, `${name}: ${title}`, "title"));
    parts.push(text(12, (y += 15), metric.name, "quiet"));
    y += 6;
    const most = Math.max(...Object.values(metric.rows).map((row) => row.most));
    for (const [row, figures] of Object.entries(metric.rows)) {
      const width = (/** @type {number} */ value) => Math.max(1, round((value / most) * BARS, 1));
      const kind = row.startsWith("ssekit") || row.startsWith("relay") ? "ours" : "bar";
      const end = LABELS + width(figures.most);
      const ratio = row === reference ? "" : ` (${round(figures.ofReference ?? NaN, 2)})`;
      parts.push(
        text(LABELS - 8, y + 12, row, "label"),
        `<rect class="${kind}" x="${LABELS}" y="${y + 2}" width="${width(figures.median)}" height="${ROW - 5}"/>`,
        `<path class="spread" d="M${LABELS + width(figures.least)} ${y + 8.5}H${end}"/>`,
        text(end + 8, y + 12, `${round(figures.median, metric.digits)}${ratio}`, "value"),
      );
      y += ROW;
    }
    parts.push(text(LABELS, y + 11, `in brackets: of ${reference}`, "quiet"));
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 30}" font-family="system-ui, sans-serif" font-size="12">
<style>
.page{fill:#fff}text{fill:#1f2328}.quiet{fill:#59636e;font-size:11px}.title{font-weight:600;font-size:13px}.label{text-anchor:end}
.bar{fill:#9aa4af}.ours{fill:#1a7f64}.spread{stroke:#1f2328;stroke-width:1.2}
@media (prefers-color-scheme:dark){.page{fill:#0d1117}text{fill:#e6edf3}.quiet{fill:#9198a1}.bar{fill:#59636e}.ours{fill:#3fb996}.spread{stroke:#e6edf3}}
</style>
<rect class="page" width="100%" height="100%"/>
${parts.join("\n")}
</svg>
`;
}

/** @param {number} x @param {number} y @param {string} content @param {string} kind */
function text(x, y, content, kind) {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text class="${kind}" x="${x}" y="${y}">${escaped}</text>`;
}

/** Joins words to lines. @param {string[]} words @param {number} length */
function lines(words, length) {
  /** @type {string[]} */
  const all = [""];
  for (const word of words) {
    const last = all.length - 1;
    const longer = all[last] === "" ? word : `${all[last]}, ${word}`;
    if (longer.length > length) all.push(word);
    else all[last] = longer;
  }
  return all;
}
