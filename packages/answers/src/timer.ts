/** A timer that is running. */
export interface Timer {
  clear(): void;
}

/** Calls a function once after some milliseconds. The timer does not keep the process alive. */
export function later(ms: number, call: () => void): Timer {
  const timer = setTimeout(call, ms);
  (timer as { unref?(): void }).unref?.();
  return { clear: () => clearTimeout(timer) };
}

/** Calls a function again and again. The timer does not keep the process alive. */
export function every(ms: number, call: () => void): Timer {
  const timer = setInterval(call, ms);
  (timer as { unref?(): void }).unref?.();
  return { clear: () => clearInterval(timer) };
}

/** Resolves after some milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => later(ms, resolve));
}

/** Resolves when the promise has resolved, or after some milliseconds. */
export async function atMost(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: Timer | undefined;
  const timeout = new Promise<void>((resolve) => (timer = later(ms, resolve)));
  await Promise.race([promise, timeout]);
  timer?.clear();
}
