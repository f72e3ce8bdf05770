// @ts-check
import { Chat } from "./chat.js";

/** @type {(selector: string) => any} */
const find = (selector) => document.querySelector(selector);

const main = find("main");
const form = find("#ask");
const input = find("#question");
const askButton = find("#ask-button");
const stopButton = find("#stop-button");

/** How the latest answer has ended. */
let ending = "";

/** @type {Record<string, string>} */
const endings = {
  done: "Finished.",
  stopped: "Stopped. The text so far is kept.",
  failed: "The latest answer has failed. The text so far is kept.",
  unknown: "",
  away: "The connection broke off. The answer may still be being written, and this page tries again…",
};

// The chat's id is in the address, so that a reload or a second tab shows the same chat.
if (location.hash === "") history.replaceState(null, "", `#${crypto.randomUUID()}`);
addEventListener("hashchange", () => location.reload());

let shows = false;
const chat = new Chat({
  id: location.hash.slice(1),
  onChange() {
    if (shows) return; // at most once a frame
    shows = true;
    requestAnimationFrame(show);
  },
  onFinish({ isError, finishReason }) {
    if (!isError) end(finishReason === undefined ? "stopped" : "done");
  },
});
void load();

/** Shows the chat as the server has it. While the server cannot be reached, it is asked again and again. */
async function load() {
  for (;;) {
    try {
      const state = await chat.load();
      if (state !== "running") end(state);
      if (!chat.isDisconnected) return;
    } catch {
      // the server cannot be reached
    }
    end("away");
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** @param {string} text */
async function ask(text) {
  end("unknown");
  await chat.sendMessage({ text });
  if (chat.isDisconnected) await load();
}

/** @param {string} state */
function end(state) {
  ending = endings[state] ?? "";
  show();
}

function show() {
  shows = false;
  const following = innerHeight + scrollY > document.body.scrollHeight - 60;
  for (const [index, { role, parts }] of chat.messages.entries()) {
    const message = main.children[index] ?? main.appendChild(document.createElement("p"));
    const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    message.className = role;
    if (message.textContent !== text) message.textContent = text; // as text, so that markup in it has no effect
  }
  while (main.children.length > chat.messages.length) main.lastElementChild.remove();

  const running = isRunning();
  document.body.dataset["status"] = chat.status;
  find("#state").textContent = stateInWords();
  askButton.hidden = running;
  stopButton.hidden = !running;
  if (following) scrollTo(0, document.body.scrollHeight);
}

function stateInWords() {
  if (chat.status === "submitted") return "Waiting for the first word…";
  if (chat.status === "streaming") return "Writing…";
  if (chat.error && !chat.isDisconnected) return chat.error.message;
  return ending;
}

function isRunning() {
  return chat.status === "submitted" || chat.status === "streaming";
}

form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  if (!isRunning() && input.value.trim() !== "") {
    void ask(input.value);
    input.value = "";
  }
});

form.addEventListener("click", (/** @type {any} */ { target }) => {
  if (!target.closest("[role=group] button") || isRunning()) return;
  input.value = target.value || target.textContent;
  form.requestSubmit();
});

stopButton.addEventListener("click", () => void chat.stopAnswer());
