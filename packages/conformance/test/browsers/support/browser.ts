/** A page in a profile of its own, so that it shares no cookies and no connections with other pages. */
export interface BrowserPage {
  /** Runs a function in the page. The function can use its argument and the page's globals, but nothing of its module. */
  run<Argument, Result>(
    inPage: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
  close(): Promise<void>;
}

export interface RunningBrowser {
  openPage(url: string): Promise<BrowserPage>;
  close(): Promise<void>;
}

export interface Browser {
  readonly name: string;
  /** The path of the program. `undefined`: it is not installed. */
  readonly program: string | undefined;
  /** The shortest reconnection time of the tests, in milliseconds. */
  readonly shortRetry: number;
  /** Whether a reconnect to another origin that finds no server is followed by further ones. */
  readonly insists: boolean;
  launch(program: string): Promise<RunningBrowser>;
}
