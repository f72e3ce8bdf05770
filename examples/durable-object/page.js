// @ts-check
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>ssekit · a room</title>
<link rel="icon" href="data:,">
<style>
  :root { font: 16px/1.6 system-ui, sans-serif; color: light-dark(#1b1b22, #ececf1); background: light-dark(#f6f6f9, #131318); }
  body { max-width: 40rem; margin: auto; padding: 2rem 1rem; }
  h1, p { margin: 0; line-height: 1.3; }
  p, ::placeholder { color: light-dark(#5d5d6b, #a5a5b4); }
  form { display: flex; gap: 0.6rem; margin: 1.25rem 0; }
  input, button { min-width: 0; padding: 0.6rem 1rem; border: 1px solid light-dark(#85858f, #74747f); border-radius: 0.8rem; font: inherit; color: inherit; background: light-dark(#ffffff, #1d1d25); }
  input { flex: 1; }
  ul { padding: 0; list-style: none; }
  li { width: fit-content; margin-bottom: 0.5rem; padding: 0.4rem 1rem; border-radius: 1rem; overflow-wrap: anywhere; background: light-dark(#ffffff, #1d1d25); }
</style>
<h1>A room</h1>
<p id="feed" role="status">Connecting…</p>
<form><input name="text" aria-label="A message" placeholder="A message" autocomplete="off" required> <button>Send</button></form>
<ul role="log" aria-label="Messages"></ul>
<script type="module">
  const find = (selector) => document.querySelector(selector);
  const events = new EventSource("/rooms/lobby/events");
  events.addEventListener("message", ({ data }) => {
    const item = document.createElement("li");
    item.textContent = JSON.parse(data).text;
    find("ul").prepend(item);
  });
  events.onopen = () => (find("#feed").textContent = "Live. Open this page twice, and send a message.");
  events.onerror = () => (find("#feed").textContent = "The room is away, trying again…");
  find("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = new FormData(event.target).get("text");
    event.target.reset();
    await fetch("/rooms/lobby/messages", { method: "POST", body: JSON.stringify({ text }) });
  });
</script>
</html>
`;
