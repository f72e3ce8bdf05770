// @ts-check
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A room</title>
<h1>A room</h1>
<form><input name="text" placeholder="A message" autocomplete="off" required> <button>Send</button></form>
<ul></ul>
<script type="module">
  const events = new EventSource("/rooms/lobby/events");
  events.addEventListener("message", ({ data }) => {
    const item = document.createElement("li");
    item.textContent = JSON.parse(data).text;
    document.querySelector("ul").append(item);
  });
  document.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = new FormData(event.target).get("text");
    event.target.reset();
    await fetch("/rooms/lobby/messages", { method: "POST", body: JSON.stringify({ text }) });
  });
</script>
</html>
`;
