import { pause } from "./within.js";

/** Returns the uncaught exceptions and unhandled rejections while `act` runs. They do not fail the test. */
export async function uncaughtDuring(act: () => Promise<void>): Promise<unknown[]> {
  const errors: unknown[] = [];
  const note = (error: unknown): void => void errors.push(error);
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const others = events.map((event) => process.listeners(event as "uncaughtException"));
  for (const event of events) process.removeAllListeners(event).on(event, note);
  try {
    await act();
    await pause(0); // Node reports a rejection after the microtasks
    return errors;
  } finally {
    for (const [i, event] of events.entries()) {
      process.off(event, note);
      for (const other of others[i]!) process.on(event, other);
    }
  }
}
