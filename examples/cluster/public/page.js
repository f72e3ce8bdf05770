// @ts-check
import { Sequence } from "./sequence.js";

/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);

const names = ["a", "b", "c"];
const shown = 180; // events in the strip
const silence = 1_500; // ms without an event after which a node counts as away; each publishes twice a second

const counts = { events: 0, missing: 0, repeated: 0, connections: 0 };
const sequence = new Sequence();
/** @type {Map<string, number>} when the last event of each node arrived */
const heard = new Map();
/** @type {string | undefined} */
let servedBy;

const cards = new Map(names.map((name) => [name, createCard(name)]));

// EventSource comes back by itself, with its last event ID, to whatever node nginx chooses.
const source = new EventSource("feed");

source.addEventListener("node", ({ data }) => {
  servedBy = JSON.parse(data).name;
  counts.connections++;
  const mark = document.createElement("li");
  mark.className = "mark";
  mark.dataset.node = servedBy;
  append(mark);
  tell(counts.connections === 1 ? `node ${servedBy} serves this page` : `node ${servedBy} continues`);
  show();
});

source.addEventListener("tick", ({ data }) => {
  const event = JSON.parse(data);
  const missing = sequence.add(event);
  counts.events++;
  heard.set(event.node, performance.now());
  for (let i = 0; i < missing; i++) append(cell(event, "missing"));
  append(cell(event, missing < 0 ? "repeated" : ""));
  if (missing > 0) tell(`${missing} events of node ${event.node} are missing`);
  if (missing < 0) tell(`an event of node ${event.node} came again`);
  counts.missing += Math.max(missing, 0);
  counts.repeated += missing < 0 ? 1 : 0;
  show();
});

source.addEventListener("reset", ({ data }) => tell(`reset: ${JSON.parse(data).reason}`));

source.onerror = () => {
  tell(servedBy === undefined ? "no node answers, trying again" : `the connection to node ${servedBy} broke`);
  servedBy = undefined;
  show();
};

setInterval(show, 500);

function show() {
  find("#served").textContent = servedBy === undefined ? "connecting…" : `node ${servedBy} serves this page`;
  document.body.dataset.node = servedBy ?? "";
  for (const [name, count] of Object.entries(counts)) find(`[data-count=${name}]`).textContent = count;
  for (const name of /** @type {const} */ (["missing", "repeated"]))
    find(`[data-count=${name}]`).classList.toggle("bad", counts[name] > 0);
  for (const [name, card] of cards) {
    const isAway = !(performance.now() - (heard.get(name) ?? -Infinity) < silence);
    card.dataset.state = isAway ? "away" : "up";
    find(".state", card).textContent = isAway
      ? "away"
      : name === servedBy
        ? "publishes, and serves this page"
        : "publishes";
    find("button", card).disabled = isAway;
  }
}

/** @param {string} name */
function createCard(name) {
  const card = find("template").content.cloneNode(true).firstElementChild;
  card.dataset.node = name;
  find("h2", card).textContent = `node ${name}`;
  find("button", card).ariaLabel = `Kill node ${name}`;
  // The node does not answer, because it is dead.
  find("button", card).onclick = () => {
    tell(`you killed node ${name}`);
    fetch(`nodes/${name}/kill`, { method: "POST" }).catch(() => {});
  };
  find("main").append(card);
  return card;
}

/**
 * @param {{ node: string, number: number }} event
 * @param {string} fault
 */
function cell({ node, number }, fault) {
  const item = document.createElement("li");
  item.dataset.node = node;
  item.className = fault;
  item.title = `node ${node}, event ${number}${fault && `: ${fault}`}`;
  return item;
}

/** @param {HTMLElement} item */
function append(item) {
  const strip = find("#strip");
  strip.append(item);
  while (strip.children.length > shown) strip.firstElementChild.remove();
}

/** @param {string} what */
function tell(what) {
  const item = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString("en-GB");
  item.append(time, " ", what);
  const story = find("#story");
  story.prepend(item);
  while (story.children.length > 12) story.lastElementChild.remove();
}
