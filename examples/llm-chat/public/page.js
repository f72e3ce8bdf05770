// @ts-check
import { createMarkdown } from "./markdown.js";
import { onceAFrame } from "./once-a-frame.js";

/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);

/** @typedef {"running" | "done" | "failed" | "stopped" | "unknown"} State the states of an answer, as the server has them */

const form = find("#ask");
const input = find("#prompt");
const askButton = find("#ask-button");
const stopButton = find("#stop-button");

/** @type {ReturnType<typeof addTurn> | undefined} the latest question and its answer */
let latest;

/** The answers on this page. Their ids are in the address, so that a reload or a second tab shows them again. */
const ids = location.hash.slice(1).split(",").filter(Boolean);
for (const id of ids) follow(id, addTurn("…"));
addEventListener("hashchange", () => location.reload());

/** @param {string} prompt */
async function ask(prompt) {
  const turn = addTurn(prompt);
  try {
    const response = await fetch("/answers", { method: "POST", body: new URLSearchParams({ prompt }) });
    if (!response.ok) return turn.show("failed", (await response.json()).error);
    const id = await response.text();
    ids.push(id);
    history.replaceState(null, "", `#${ids.join()}`);
    follow(id, turn);
  } catch {
    turn.show("failed", "The server cannot be reached. Please ask again.");
  }
}

/**
 * Shows an answer from its start. When the connection breaks, EventSource continues after the last event it received.
 * @param {string} id
 * @param {ReturnType<typeof addTurn>} turn
 */
function follow(id, turn) {
  const address = `/answers/${encodeURIComponent(id)}`;
  const source = new EventSource(address);

  source.addEventListener("question", ({ data }) => turn.begin(id, JSON.parse(data).prompt));

  // One of the provider's own events, passed on unchanged.
  source.onmessage = ({ data }) => {
    turn.write(JSON.parse(data).choices?.[0]?.delta?.content ?? "");
    turn.show("running", "Writing…");
  };

  // The last event is one of these four, whatever happens. The page need not close the EventSource: it reconnects once, is
  // told that there is no more (204), and stops.
  source.addEventListener("done", () => turn.show("done", "Finished."));
  source.addEventListener("failed", ({ data }) => turn.show("failed", JSON.parse(data).message));
  source.addEventListener("stopped", () =>
    turn.show("stopped", "Stopped. The model was told to stop, and the text up to here is kept."),
  );
  source.addEventListener("unknown", () => turn.show("unknown", notKept));

  // The server no longer has the part after which this page wants to continue, and sends the answer from its start.
  source.addEventListener("reset", () => turn.clear());

  source.onerror = () => {
    const final = source.readyState === EventSource.CLOSED;
    if (turn.state === "running") {
      if (final) turn.show("unknown", notKept); // a 404
      else
        turn.note("The connection broke off. The answer is still being written, and this page reconnects…");
    } else if (turn.state === "done" && final) {
      turn.note("Finished. The browser came back once, was told that there is no more (204), and stopped.");
    }
  };

  stopButton.onclick = async () => {
    try {
      const response = await fetch(address, { method: "DELETE" });
      // The event `stopped` comes to all readers, and so to this page.
      if (!response.ok) turn.note((await response.json()).error);
    } catch {
      turn.note("The server cannot be reached. Please try again.");
    }
  };
}

const notKept =
  "The server does not have this answer any more. It forgets an answer ten minutes after its end, and when it is restarted.";

/** @param {string} prompt */
function addTurn(prompt) {
  find("#empty")?.remove();
  const article = find("template").content.cloneNode(true).firstElementChild;
  const question = find(".question", article);
  question.textContent = prompt;
  find("main").append(article);
  article.scrollIntoView({ block: "end" });

  const answer = find(".answer", article);
  const note = find(".note", article);
  const link = find("a", article);

  let text = "";
  const showMarkdown = createMarkdown(answer);
  const render = onceAFrame(() => {
    const following = innerHeight + scrollY > document.body.scrollHeight - 60;
    showMarkdown(text);
    if (following) scrollTo(0, document.body.scrollHeight);
  });

  const turn = {
    /** @type {State} */
    state: "running",

    /**
     * @param {string} id
     * @param {string} prompt
     */
    begin(id, prompt) {
      question.textContent = prompt;
      link.href = `#${id}`;
      link.hidden = false;
    },

    /** @param {string} token */
    write(token) {
      text += token;
      render();
    },

    clear() {
      text = "";
      render();
    },

    /** @param {string} words */
    note(words) {
      if (note.textContent !== words) note.textContent = words;
    },

    /**
     * @param {State} state
     * @param {string} words
     */
    show(state, words) {
      this.state = article.dataset.state = state;
      this.note(words);
      answer.ariaBusy = String(state === "running"); // a screen reader waits until the answer is complete
      if (this === latest) showButton(state === "running" ? stopButton : askButton);
    },
  };
  latest = turn;
  turn.show("running", "Waiting for the first word…");
  return turn;
}

/** @param {HTMLElement} button the button to show; it gets the focus if the other one had it */
function showButton(button) {
  const other = button === askButton ? stopButton : askButton;
  const focused = document.activeElement === other;
  button.hidden = false;
  other.hidden = true;
  if (focused) button.focus();
}

form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  if (latest?.state === "running" || input.value.trim() === "") return;
  void ask(input.value);
  input.value = "";
});

find("#suggestions").addEventListener("click", (/** @type {any} */ { target }) => {
  if (target.localName !== "button" || latest?.state === "running") return;
  input.value = target.value || target.textContent; // a command for the replay, or the text of the button
  form.requestSubmit();
});

// The counters: a stream without an end. EventSource reconnects by itself.
const stats = new EventSource("/stats");
stats.addEventListener("counts", ({ data }) => {
  const { model, ...counts } = JSON.parse(data);
  find("#model").textContent = model;
  find("#suggestions").hidden = model !== "replay";
  for (const [name, count] of Object.entries(counts)) find(`[data-count=${name}]`).textContent = count;
});
stats.onopen = () => (find("#feed").textContent = "live from /stats");
stats.onerror = () => (find("#feed").textContent = "the server cannot be reached, trying again…");
