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
