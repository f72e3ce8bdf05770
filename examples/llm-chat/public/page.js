// @ts-check
/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);

const form = find("#ask");
const input = find("#prompt");
const askButton = find("#ask-button");
const stopButton = find("#stop-button");

/** @type {ReturnType<typeof addTurn> | undefined} the latest question and its answer */
let latest;

/** @param {string} prompt */
function ask(prompt) {
  const source = new EventSource(`/answer?${new URLSearchParams({ prompt })}`);
  const turn = (latest = addTurn(prompt));
  let events = 0;
  turn.show("writing", "Waiting for the first token…");

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

  // The server could not get the answer, or not all of it.
  source.addEventListener("failed", ({ data }) => turn.show("failed", JSON.parse(data).message));

  // The server's last event. Nothing needs closing: EventSource reconnects, is told 204, and stops.
  source.addEventListener("end", () => {
    if (turn.state === "writing") turn.show("finished", `Finished: ${events} events.`);
  });

  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) return; // it is about to reconnect
    if (turn.state === "writing") {
      turn.show("failed", "The connection broke off. Please ask again.");
    } else if (turn.state === "finished") {
      turn.note(`Finished: ${events} events. EventSource came back, was told 204, and stopped.`);
    }
  };

  stopButton.onclick = () => {
    source.close(); // the server notices, and aborts its request upstream
    turn.show("stopped", "Stopped. The request upstream is aborted, too.");
  };
}

/** @param {string} prompt */
function addTurn(prompt) {
  find("#empty")?.remove();
  const article = find("template").content.cloneNode(true).firstElementChild;
  find(".question", article).textContent = prompt;
  find("main").append(article);
  article.scrollIntoView({ block: "end" });

  const answer = find(".answer", article);
  const text = answer.appendChild(new Text());
  const note = find(".note", article);

  return {
    state: "",

    /** @param {string} token */
    write(token) {
      const following = innerHeight + scrollY > document.body.scrollHeight - 60;
      text.appendData(token); // as text: nothing that a model writes is markup here
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
      answer.ariaBusy = String(state === "writing"); // a screen reader reads it when it is complete
      if (this === latest) showButton(state === "writing" ? stopButton : askButton);
    },
  };
}

/** @param {HTMLElement} button the one to show; it takes over the focus from the other */
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
  ask(input.value);
  input.value = "";
});

find("#suggestions").addEventListener("click", (/** @type {any} */ { target }) => {
  if (target.localName !== "button" || latest?.state === "writing") return;
  input.value = target.value || target.textContent; // a command of the replay, or the words themselves
  form.requestSubmit();
});

// The counters: an endless stream, which EventSource takes up again by itself.
const stats = new EventSource("/stats");
stats.addEventListener("counts", ({ data }) => {
  const { model, ...counts } = JSON.parse(data);
  find("#model").textContent = model;
  find("#suggestions").hidden = model !== "replay";
  for (const [name, count] of Object.entries(counts)) find(`[data-count=${name}]`).textContent = count;
});
stats.onopen = () => (find("#feed").textContent = "live from /stats");
stats.onerror = () => (find("#feed").textContent = "the server is away, trying again…");
