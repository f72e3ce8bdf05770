import type { EventStream, EventStreamOptions, Source } from "@ssekit/core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Adapter } from "../adapter.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { uncaughtDuring } from "../support/uncaught-during.js";
import { never, pause, until } from "../support/within.js";

const fail = (): never => {
  throw new Error("thrown on purpose");
};
const reject = (): Promise<never> => pause(1).then(fail);

interface Bad {
  options?: EventStreamOptions;
  source?: Source;
  /** What the app does with the bad stream. */
  act?(stream: EventStream): unknown;
}

const iterator = (next: () => Promise<IteratorResult<string>>, onReturn: () => never): Source => ({
  [Symbol.asyncIterator]: () => ({ next, return: onReturn }),
});

const BAD: Record<string, Bad> = {
  "onOpen throws": { options: { onOpen: fail } },
  "onOpen rejects": { options: { onOpen: reject } },
  "onClose throws": { options: { onClose: fail }, act: (stream) => stream.close() },
  "onClose rejects": { options: { onClose: reject }, act: (stream) => stream.close() },
  "onError throws": { options: { onError: fail, onOpen: fail } },
  "onError rejects": { options: { onError: reject, onOpen: fail } },
  "serialize throws": { options: { serialize: fail }, act: (stream) => stream.send({ data: { n: 1 } }) },
  "serialize throws for end()": {
    options: { serialize: fail },
    act: (stream) => stream.end({ data: { n: 1 } }),
  },
  "serialize does not return a string": {
    options: { serialize: (() => 5) as never },
    act: (stream) => stream.send({ data: { n: 1 } }),
  },
  "toMessage throws": { act: (stream) => stream.sendAll(["one"], fail) },
  "a source throws after its first item": {
    source: async function* () {
      yield "one";
      await pause(1);
      fail();
    },
  },
  "a source's items cannot be sent": { source: [{ data: { toJSON: fail } }] },
  "a source throws undefined": {
    source: async function* () {
      yield "one";
      throw undefined;
    },
  },
  "an iterator's return throws": { source: iterator(never, fail) },
  "an iterator's return rejects": { source: iterator(never, reject as () => never) },
  "an iterator's next throws and its return throws too": { source: iterator(fail, fail) },
  "an iterator's next resolves with undefined": {
    source: iterator(() => Promise.resolve(undefined as never), fail),
  },
};

const BAD_LISTENERS: Record<string, () => unknown> = { throws: fail, rejects: reject };

/** Opens a good and a bad stream in one app, and closes the bad one. */
async function expectGoodGoesOn(adapter: Adapter, { options, source, act }: Bad): Promise<void> {
  let good: EventStream | undefined;
  const onStream = (stream: EventStream): void => {
    try {
      const result = act?.(stream);
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // The app would handle the error of its own mistake here.
    }
  };
  const app = await startApp(adapter, [
    { path: "/good", onStream: (stream) => (good = stream) },
    { path: "/bad", options: { headTimeout: 20, ...options }, ...(source ? { source } : {}), onStream },
  ]);
  const reader = await app.read("/good");

  const client = new AbortController();
  const response = await app.request("/bad", { headers: ACCEPT, signal: client.signal });
  expect([200, 500]).toContain(response.status);
  await pause(5); // for promises that reject later
  client.abort();
  await until("the bad stream to be over", () => app.events.streams.size === 1);

  expect(good!.send("still here")).toBe(true);
  await reader.untilData("still here");
  expect([...app.events.streams]).toEqual([good]);
}

/** P13: an error in the app's code harms its own stream only. */
export function isolationContract(adapter: Adapter): void {
  describe("P13: another stream continues, and no error is unhandled, when", () => {
    // Errors that onError throws are printed to the console.
    beforeEach(() => {
      const spy = vi.spyOn(console, "error").mockImplementation(() => {});
      return () => spy.mockRestore();
    });

    it.each(Object.keys(BAD))("%s", (what) => expectGoodGoesOn(adapter, BAD[what]!));

    // Node reports an error of an event listener as uncaught. The adapter must not hide it or report it again.
    it.each(Object.keys(BAD_LISTENERS))(
      "an abort listener %s: the process reports the error once",
      async (what) => {
        const listener = BAD_LISTENERS[what]!;
        const act = (stream: EventStream): void => stream.signal.addEventListener("abort", listener);
        const uncaught = await uncaughtDuring(() => expectGoodGoesOn(adapter, { act }));
        expect(uncaught).toEqual([new Error("thrown on purpose")]);
      },
    );

    it("a source fails and there is no onError: the error is printed to the console", async () => {
      const broken = new Error("broken");
      const source = async function* (): AsyncGenerator<string> {
        yield "one";
        await pause(1);
        throw broken;
      };
      const app = await startApp(adapter, { path: "/", source }, { onError: undefined as never });
      const reader = await app.read("/");
      await reader.all();
      expect(console.error).toHaveBeenCalledWith(broken);
    });
  });
}
