// @ts-check
/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);

// Over HTTP/1.1 a browser opens at most six connections to a server, in all tabs together, and each running job uses one.
// The others are needed to start and to cancel jobs. HTTP/2 has no such limit.
const maxRunning = 4;
let running = 0;

const startButtons = find("#start");

/** @param {number} change */
function count(change) {
  running += change;
  const full = running >= maxRunning;
  for (const button of startButtons.children) button.disabled = full;
  find("#hint").textContent = full
    ? `At most ${maxRunning} at a time: HTTP/1.1 allows a page only six connections.`
    : "";
}

/** @param {string} kind */
async function start(kind) {
  count(1);
  try {
    const response = await fetch(`/jobs?${new URLSearchParams({ kind })}`, { method: "POST" });
    const job = await response.json();
    if (!response.ok) throw new Error(job.error);
    watch(job);
  } catch (error) {
    count(-1);
    find("#hint").textContent = `Not started: ${/** @type {Error} */ (error).message}`;
  }
}

/** @param {{ id: string, title: string, steps: number }} job */
function watch({ id, title, steps }) {
  find("#empty")?.remove();
  const article = find("template").content.cloneNode(true).firstElementChild;
  const [bar, note, counter, state, button] = ["progress", ".note", ".count", ".state", "button"].map(
    (name) => find(name, article),
  );
  find("h2", article).textContent = title;
  bar.max = steps;
  bar.ariaLabel = title;
  article.dataset.state = "progress";
  find("main").prepend(article);

  const source = new EventSource(`/jobs/${id}/progress`);

  for (const type of ["progress", "done", "failed", "cancelled"]) {
    source.addEventListener(type, ({ data }) => {
      const report = JSON.parse(data);
      bar.value = report.step;
      note.textContent = report.note;
      counter.textContent = `${report.step} of ${steps}`;
      state.textContent = "";
      if (type !== "progress") finish(type);
    });
  }

  // The page need not close it: after the last event EventSource comes back, gets a 204, and stops.
  source.onerror = () => {
    if (source.readyState === EventSource.CONNECTING) {
      if (article.dataset.state === "progress") state.textContent = "The server is away, trying again…";
    } else if (article.dataset.state === "progress") {
      note.textContent = "The server does not know this job any more."; // it got a 404
      finish("failed");
    } else {
      state.textContent = "EventSource came back, was told 204, and stopped.";
    }
  };

  // The stream stays open until it has reported that the job is cancelled.
  button.onclick = () => {
    button.disabled = true;
    fetch(`/jobs/${id}`, { method: "DELETE" }).catch(() => (button.disabled = false));
  };

  /** @param {string} how */
  function finish(how) {
    if (article.dataset.state !== "progress") return;
    article.dataset.state = how;
    button.hidden = true;
    count(-1);
  }
}

startButtons.addEventListener("click", (/** @type {any} */ { target }) => {
  const button = target.closest("button");
  if (button) void start(button.value);
});
