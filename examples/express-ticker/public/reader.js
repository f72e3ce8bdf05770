// @ts-check
// The worker of a StoppableEventSource.
addEventListener("message", ({ data: [url, stopped] }) => {
  const source = new EventSource(url);
  for (const type of ["tick", "snapshot", "reset", "error"]) {
    source.addEventListener(type, (event) => {
      Atomics.wait(stopped, 0, 1); // waits while the value is 1
      postMessage([type, /** @type {MessageEvent} */ (event).data]);
    });
  }
});
