// @ts-check
/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);

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
    turn.show("failed", "The server is away. Please ask again.");
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
  let events = 0;

  source.addEventListener("question", ({ data }) => turn.begin(id, JSON.parse(data).prompt));

  // One of the provider's own events, passed on unchanged.
  source.onmessage = ({ data }) => {
    const chunk = JSON.parse(data);
    if (chunk.error) {
      source.close();
      return turn.show("failed", chunk.error.message);
    }
    events += 1;
    turn.write(chunk.choices?.[0]?.delta?.content ?? "");
    turn.show("writing", "Writing…");
  };

  source.addEventListener("stopped", () => turn.show("stopped", "Stopped. The request upstream is aborted."));

  // The server got no answer, or only a part of it.
  source.addEventListener("failed", ({ data }) => turn.show("failed", JSON.parse(data).message));

  // The answer's last event. The page need not close the EventSource: it reconnects, gets a 204, and stops.
  source.addEventListener("done", () => {
    if (turn.state === "writing") turn.show("finished", `Finished: ${events} events.`);
  });

  source.onerror = () => {
    const final = source.readyState === EventSource.CLOSED;
    if (turn.state === "writing") {
      if (final) turn.show("failed", "The server does not have this answer any more.");
      else turn.note("The connection broke off. The answer continues, and this page connects again…");
    } else if (turn.state === "finished" && final) {
      turn.note(`Finished: ${events} events. EventSource came back, was told 204, and stopped.`);
    }
  };

  stopButton.onclick = () =>
    fetch(`${address}/stop`, { method: "POST" }).catch(() => turn.note("The server is away."));
}

/** @param {string} prompt */
function addTurn(prompt) {
  find("#empty")?.remove();
  const article = find("template").content.cloneNode(true).firstElementChild;
  const question = find(".question", article);
  question.textContent = prompt;
  find("main").append(article);
  article.scrollIntoView({ block: "end" });

  const answer = find(".answer", article);
  const text = answer.appendChild(new Text());
  const note = find(".note", article);
  const link = find("a", article);

  const turn = {
    state: "",

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
      const following = innerHeight + scrollY > document.body.scrollHeight - 60;
      text.appendData(token); // added as text, so that markup in the answer has no effect
      if (following) scrollTo(0, document.body.scrollHeight);
    },

    /** @param {string} words */
    note(words) {
      if (note.textContent !== words) note.textContent = words;
    },

    /**
     * @param {"writing" | "finished" | "stopped" | "failed"} state
     * @param {string} words
     */
    show(state, words) {
      this.state = article.dataset.state = state;
      this.note(words);
      answer.ariaBusy = String(state === "writing"); // a screen reader waits until the answer is complete
      if (this === latest) showButton(state === "writing" ? stopButton : askButton);
    },
  };
  latest = turn;
  turn.show("writing", "Waiting for the first token…");
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
  if (latest?.state === "writing" || input.value.trim() === "") return;
  void ask(input.value);
  input.value = "";
});

find("#suggestions").addEventListener("click", (/** @type {any} */ { target }) => {
  if (target.localName !== "button" || latest?.state === "writing") return;
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
stats.onerror = () => (find("#feed").textContent = "the server is away, trying again…");
