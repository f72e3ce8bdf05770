// @ts-check

/**
 * Returns a function that runs `task` before the next frame is painted, once, however often it is called until then. A model
 * sends more tokens than a screen shows frames, and rendering Markdown at every token would block the page for seconds.
 * @param {() => void} task
 */
export function onceAFrame(task) {
  let requested = false;
  return () => {
    if (requested) return;
    requested = true;
    requestAnimationFrame(() => {
      requested = false;
      task();
    });
  };
}
