// @ts-check
/** @typedef {import("../job.js").JobState} JobState */
/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);

const main = find("main");
const empty = find("#empty");
const plainTitle = document.title;

/** @type {Map<string, { job: JobState, article: HTMLElement }>} */
const cards = new Map();

/**
 * Shows a job. An event has the whole state of its job, so that nothing depends on the events before it.
 * @param {JobState} job
 */
function show(job) {
  const article = cards.get(job.id)?.article ?? addArticle(job);
  cards.set(job.id, { job, article });
  const running = job.status === "running";
  const [bar, button] = ["progress", "button"].map((name) => find(name, article));
  article.dataset["state"] = job.status;
  bar.value = job.step;
  find(".note", article).textContent = job.note;
  find(".count", article).textContent = `${job.step} of ${job.steps}`;
  button.textContent = running ? "Cancel" : "Remove";
  button.ariaLabel = `${button.textContent}: ${job.title}`;
  showTotal();
}

/** @param {JobState} job */
function addArticle({ id, title, steps }) {
  const article = find("template").content.cloneNode(true).firstElementChild;
  find("h2", article).textContent = title;
  Object.assign(find("progress", article), { max: steps, ariaLabel: title });
  find("button", article).onclick = () => {
    const running = cards.get(id)?.job.status === "running";
    void send(running ? `/jobs/${id}/cancel` : `/jobs/${id}`, running ? "POST" : "DELETE");
  };
  main.prepend(article);
  return article;
}

/** @param {string} id */
function remove(id) {
  const article = cards.get(id)?.article;
  const hadFocus = article?.contains(document.activeElement);
  article?.remove();
  cards.delete(id);
  // Otherwise a person who uses the keyboard would start again at the top of the page.
  if (hadFocus) find("article button, #start button").focus();
  showTotal();
}

/** Shows the progress of all running jobs in the title, where it can be seen from another tab. */
function showTotal() {
  const running = [...cards.values()].map(({ job }) => job).filter(({ status }) => status === "running");
  const sum = (/** @type {"step" | "steps"} */ name) => running.reduce((total, job) => total + job[name], 0);
  const percent = Math.floor((100 * sum("step")) / sum("steps"));
  document.title = running.length > 0 ? `${percent} % · Long jobs` : plainTitle;
  empty.hidden = cards.size > 0;
}

/** @param {string} url @param {string} method */
async function send(url, method) {
  let problem = "";
  try {
    const response = await fetch(url, { method });
    if (!response.ok) problem = (await response.json()).error;
  } catch {
    problem = "The server is away.";
  }
  find("#hint").textContent = problem;
}

find("#start").addEventListener("click", (/** @type {any} */ { target }) => {
  const button = target.closest("button");
  if (button) void send(`/jobs?${new URLSearchParams({ kind: button.value })}`, "POST");
});

// All jobs are on this one stream. After a break EventSource comes back with its last event ID, and misses nothing.
const source = new EventSource("/jobs/events");

/** @type {(type: string, listener: (data: any) => void) => void} */
const on = (type, listener) => source.addEventListener(type, ({ data }) => listener(JSON.parse(data)));

// The whole list: when the page is new, and after a `reset`.
on("snapshot", ({ jobs }) => {
  /** @type {Set<string>} */
  const listed = new Set(jobs.map((/** @type {JobState} */ { id }) => id));
  const unknown = [...cards.keys()].filter((id) => !listed.has(id));
  if (unknown.length > 0) find("#hint").textContent = "The server has restarted, and its jobs are gone.";
  unknown.forEach(remove);
  jobs.forEach(show);
});
on("job", show);
on("removed", ({ id }) => remove(id));

source.onopen = () => feed("Live. This page receives every step.", true);
source.onerror = () => feed("The server is away, trying again…", false);

/** @param {string} words @param {boolean} live */
function feed(words, live) {
  find("#feed").textContent = words;
  find("#feed").classList.toggle("live", live);
}
