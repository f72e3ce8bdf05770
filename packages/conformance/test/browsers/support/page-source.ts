import type { ReceivedEvent } from "@ssekit/conformance";
import { pause } from "@ssekit/conformance";
import type { BrowserPage } from "./browser.js";

/** What an EventSource of the page has seen so far. */
interface PageSourceState {
  readyState: number;
  opened: number;
  errors: number;
  events: ReceivedEvent[];
}

interface Opening {
  url: string;
  withCredentials: boolean;
}

const CLOSED = 2;

/** A native EventSource in a page. */
export class PageSource {
  readonly #page: BrowserPage;
  readonly #index: number;

  private constructor(page: BrowserPage, index: number) {
    this.#page = page;
    this.#index = index;
  }

  static async open(page: BrowserPage, url: string, { withCredentials = false } = {}): Promise<PageSource> {
    return new PageSource(page, await page.run(openInPage, { url, withCredentials }));
  }

  state(): Promise<PageSourceState> {
    return this.#page.run(stateInPage, this.#index);
  }

  close(): Promise<void> {
    return this.#page.run(closeInPage, this.#index);
  }

  /** Resolves when the state is as expected. */
  async until(
    what: string,
    expected: (state: PageSourceState) => boolean,
    ms = 10_000,
  ): Promise<PageSourceState> {
    const deadline = performance.now() + ms;
    for (;;) {
      const state = await this.state();
      if (expected(state)) return state;
      if (performance.now() > deadline) {
        throw new Error(`${what}: not within ${ms} ms. The EventSource has seen ${JSON.stringify(state)}`);
      }
      await pause(20);
    }
  }

  /** Resolves when an event with this data has arrived. Returns the data of all events. */
  async untilData(data: string): Promise<string[]> {
    const { events } = await this.until(`the event "${data}"`, (state) =>
      state.events.some((event) => event.data === data),
    );
    return events.map((event) => event.data);
  }

  /** Resolves when the EventSource has given up. */
  untilClosed(): Promise<PageSourceState> {
    return this.until("readyState CLOSED", (state) => state.readyState === CLOSED);
  }
}

type PageGlobals = typeof globalThis & {
  opened?: { source: EventSource; state: Omit<PageSourceState, "readyState"> }[];
};

// The functions below run in the page.

function openInPage({ url, withCredentials }: Opening): number {
  const source = new EventSource(url, { withCredentials });
  const state: Omit<PageSourceState, "readyState"> = { opened: 0, errors: 0, events: [] };
  source.addEventListener("open", () => state.opened++);
  source.addEventListener("error", () => state.errors++);
  for (const name of ["message", "end", "reset"]) {
    source.addEventListener(name, (event) => {
      const { type, data, lastEventId } = event as MessageEvent<string>;
      state.events.push({ type, data, lastEventId });
    });
  }
  return ((globalThis as PageGlobals).opened ??= []).push({ source, state }) - 1;
}

function stateInPage(index: number): PageSourceState {
  const { source, state } = (globalThis as PageGlobals).opened![index]!;
  return { readyState: source.readyState, ...state };
}

function closeInPage(index: number): void {
  (globalThis as PageGlobals).opened![index]!.source.close();
}
