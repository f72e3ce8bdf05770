// @ts-check
import { createPlot } from "./plot.js";
import { StoppableEventSource } from "./stoppable-event-source.js";

/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);

/** The time of the newest tick that this page has received. It is the right edge of both plots. */
let now = 0;

/**
 * A card that shows what one reader receives.
 * @template {EventSource | StoppableEventSource} Reader
 * @param {HTMLElement} card
 * @param {(topics: string[]) => Reader} open
 */
function createCard(card, open) {
  const plot = createPlot(find("svg", card));
  const log = find("ol", card);
  /** @type {Reader | undefined} */
  let source;
  let received = 0;
  let receivedBefore = 0;
  let time = 0;
  /** @type {number | undefined} after a `reset`, the time from which events are missing */
  let lostSince;

  /** @param {string} words */
  function write(words) {
    const line = document.createElement("li");
    line.textContent = `${new Date().toLocaleTimeString()} ${words}`;
    log.append(line);
    if (log.children.length > 4) log.firstChild.remove();
  }

  /** @type {(type: string, listener: (data: any) => void) => void} */
  function on(type, listener) {
    source?.addEventListener(type, (event) => listener(JSON.parse(/** @type {MessageEvent} */ (event).data)));
  }

  return {
    write,
    on,

    get source() {
      return source;
    },

    /** @param {string[]} topics */
    follow(topics) {
      source?.close();
      source = open(topics);

      on("tick", (tick) => {
        received += 1;
        time = tick.time;
        now = Math.max(now, time);
        plot.add(tick);
      });

      // The next event of this reader is no longer in the history. The missing events will not arrive.
      on("reset", ({ reason }) => {
        write(`reset: ${reason}`);
        lostSince = time;
        card.classList.add("flash");
        setTimeout(() => card.classList.remove("flash"), 1500);
      });

      // The current state: at the start, and after each reset.
      on("snapshot", (state) => {
        write("snapshot of the last minute");
        plot.replace(state.curves);
        if (lostSince !== undefined) plot.addHole(lostSince, state.time);
        lostSince = undefined;
        time = state.time;
        now = Math.max(now, time);
      });

      source.addEventListener("error", () => write("connection lost, trying again"));
    },

    draw() {
      plot.draw(now);
      find("[data-count=received]", card).textContent = received.toLocaleString();
      find("[data-count=behind]", card).textContent = ((now - time) / 1000).toFixed(1);
    },

    countRate() {
      find("[data-count=rate]", card).textContent = received - receivedBefore;
      receivedBefore = received;
    },
  };
}

/** @param {string[]} topics */
const address = (topics) => `/prices?${new URLSearchParams(topics.map((topic) => ["topic", topic]))}`;

const steady = createCard(find("#steady"), (topics) => new EventSource(address([...topics, "stats"])));
const slow = createCard(find("#slow"), (topics) => new StoppableEventSource(address(topics)));

const stopButton = find("#slow button");
let isLagging = false;
let held = "";
const checkboxes = [...document.querySelectorAll("input")];

function follow() {
  const topics = checkboxes.filter(({ checked }) => checked).map(({ value }) => value);
  readOn();
  for (const card of [steady, slow]) card.follow(topics);
  steady.on("stats", ({ readers, ...stats }) => {
    for (const [name, value] of Object.entries({ ...stats, buffered: kilobytes(stats.buffered) })) {
      find(`#server [data-count=${name}]`).textContent = value;
    }
    for (const [symbol, count] of Object.entries(readers))
      find(`[data-readers=${symbol}]`).textContent = count;
    isLagging = stats.lagging > 0;
    held = kilobytes(stats.buffered / Math.max(1, stats.lagging));
    explain();
  });
}

/** Says what happens to the slow reader, and where its events are. */
function explain() {
  const isStopped = stopButton.textContent === "Read on";
  const where = isLagging ? `The server holds only ${held} for it.` : "Buffers of the system fill up first.";
  const words = isStopped ? `Stopped. ${where}` : "Reads every event at once.";
  const status = find("#slow [role=status]");
  if (status.textContent !== words) status.textContent = words; // a screen reader speaks each change
}

function readOn() {
  slow.source?.readOn();
  stopButton.textContent = "Stop reading";
  explain();
}

stopButton.addEventListener("click", () => {
  if (stopButton.textContent === "Stop reading") {
    slow.source?.stop();
    slow.write("stopped reading");
    stopButton.textContent = "Read on";
    explain();
  } else {
    slow.write("reads on");
    readOn();
  }
});

find("#topics").addEventListener("change", follow);

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${Math.round(bytes / 1024)} KB`;
}

const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
setInterval(() => [steady, slow].forEach((card) => card.draw()), still ? 1000 : 50);
setInterval(() => [steady, slow].forEach((card) => card.countRate()), 1000);
follow();
