import type { Entry, News, Peek, Read, Tail } from "@ssekit/core";
import { callSafely } from "@ssekit/core/adapter";
import { unpack } from "./body.js";
import { idOf, parseId, type Position } from "./position.js";

export interface LogTailOptions {
  /** Begins to call `receive` with every message of the log. Resolves when messages are heard. */
  subscribe(): Promise<void>;
  unsubscribe(): void;
  peek(): Promise<Peek>;
  /** Reads what follows an id, whether the listeners were told it or not. */
  read(after: string): Promise<Read>;
  /** Is called with an error of a listener. */
  report(error: unknown): void;
}

/** How many messages are kept while the log is read. The others are read, too. */
const MAX_PENDING = 1_000;
/** Milliseconds after which an entry is missed of which only the position is known. Its message may be on its way. */
const GRACE = 50;

/** Follows a log for all listeners of this node: by its messages, and by reading it where messages are missing. */
export class LogTail {
  readonly #options: LogTailOptions;
  readonly #listeners = new Set<{ readonly listener: (news: News) => void }>();
  #told: Position | undefined;
  #end: Entry | undefined;
  #starting: Promise<void> | undefined;
  // Number of calls of `follow` that have not added their listener yet.
  #joining = 0;
  #isReading = false;
  #isReadWanted = false;
  #pending: string[] = [];

  constructor(options: LogTailOptions) {
    this.#options = options;
  }

  /** The position up to which the calls of all listeners have returned. `undefined` if nobody follows the log. */
  get told(): Position | undefined {
    return this.#told;
  }

  /**
   * Begins to follow the log, if it is not followed yet, and adds a listener.
   *
   * @param added is called at once with the tail, before the listener can be told anything.
   * @param isOver whether the caller does not wait for the tail any longer.
   */
  async follow(
    listener: (news: News) => void,
    added: (tail: Tail) => void,
    isOver: () => boolean,
  ): Promise<void> {
    this.#joining++;
    try {
      await (this.#starting ??= this.#start());
    } finally {
      this.#joining--;
      if (this.#told === undefined || isOver()) this.#haltIfUnused();
    }
    if (!isOver()) added(this.#add(listener));
  }

  /** Takes a message: a line with epoch, first number, time and the time of the predecessor, and a line for each entry. */
  receive(text: string): void {
    if (this.#starting === undefined) return;
    if (this.#isReading || this.#told === undefined) {
      if (this.#pending.push(text) > MAX_PENDING) {
        this.#pending = [];
        this.#isReadWanted = true;
      }
    } else if (!this.#take(text)) {
      this.catchUp();
    }
  }

  /** Compares the newest id in Redis with what was told. `before` is what was told when Redis was asked. */
  compare(cursor: string, before: string | undefined): void {
    const told = this.#told;
    if (told === undefined || before === undefined || cursor === before) return;
    const newest = parseId(cursor);
    const asked = parseId(before)!;
    const isOther = newest?.epoch !== asked.epoch || newest.number <= asked.number;
    if (isOther) return this.catchUp();
    if (newest.number <= told.number) return;
    const timer = setTimeout(() => {
      if (this.#told !== undefined && this.#told.number < newest.number) this.catchUp();
    }, GRACE);
    (timer as { unref?(): void }).unref?.();
  }

  /** Reads what the listeners were not told. */
  catchUp(): void {
    this.#isReadWanted = true;
    if (!this.#isReading && this.#told !== undefined) void this.#readAll();
  }

  tell(news: News): void {
    for (const { listener } of this.#listeners) {
      callSafely(() => listener(news), this.#options.report);
    }
  }

  close(): void {
    this.#listeners.clear();
    this.#halt();
  }

  #add(listener: (news: News) => void): Tail {
    const added = { listener };
    this.#listeners.add(added);
    const cursor = idOf(this.#told!);
    return {
      cursor,
      end: this.#end?.id === cursor ? this.#end : undefined,
      stop: () => {
        if (this.#listeners.delete(added)) this.#haltIfUnused();
      },
    };
  }

  #haltIfUnused(): void {
    if (this.#listeners.size === 0 && this.#joining === 0) this.#halt();
  }

  async #start(): Promise<void> {
    await this.#options.subscribe();
    const { cursor, end } = await this.#options.peek();
    this.#told = parseId(cursor);
    this.#end = end;
    // Messages may have arrived since. Listeners are told nothing before `add` was called.
    setImmediate(() => this.#takePending(new Set()));
  }

  #halt(): void {
    if (this.#starting === undefined) return;
    this.#starting = undefined;
    this.#told = undefined;
    this.#end = undefined;
    this.#pending = [];
    this.#isReadWanted = false;
    this.#options.unsubscribe();
  }

  async #readAll(): Promise<void> {
    this.#isReading = true;
    const starting = this.#starting;
    // The messages of these entries may arrive before the reply or after it.
    const readIds = new Set<string>();
    try {
      while (this.#isReadWanted) {
        this.#isReadWanted = false;
        const read = await this.#options.read(idOf(this.#told!));
        if (this.#starting !== starting) break;
        if ("reset" in read) {
          this.#tellReset(read);
          this.#isReadWanted = true;
          continue;
        }
        for (const { id } of read.entries) readIds.add(id);
        if (read.entries.length > 0) this.#tellEntries(read.entries);
        if (read.atTail) this.#takePending(readIds);
        else this.#isReadWanted = true;
      }
    } catch {
      // The next check compares the positions again.
    }
    this.#isReading = false;
    if (this.#starting !== starting && this.#isReadWanted) this.catchUp();
  }

  #takePending(readIds: ReadonlySet<string>): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const text of pending) if (!this.#take(text, readIds)) this.#isReadWanted = true;
    if (this.#isReadWanted) this.catchUp();
  }

  /** Tells the entries of a message if they are the next ones. Returns whether the log need not be read. */
  #take(text: string, readIds?: ReadonlySet<string>): boolean {
    if (this.#told === undefined) return true; // the last listener has stopped
    const [head, ...bodies] = text.split("\n");
    const [epoch, first, time, previous] = head!.split(" ") as [string, string, string, string];
    const number = Number(first);
    const lastId = `${epoch}-${number + bodies.length - 1}.${time}`;
    if (readIds?.has(lastId) || lastId === idOf(this.#told)) return true;
    const isNext =
      epoch === this.#told.epoch && number === this.#told.number + 1 && previous === this.#told.time;
    if (isNext) this.#tellEntries(bodies.map((body, n) => unpack(`${epoch}-${number + n}.${time}`, body)));
    return isNext;
  }

  #tellEntries(entries: readonly Entry[]): void {
    this.tell({ entries });
    if (this.#told === undefined) return; // the last listener has stopped
    const last = entries.at(-1)!;
    this.#told = parseId(last.id);
    if (last.end) this.#end = last;
  }

  #tellReset(reset: Extract<Read, { reset: unknown }>): void {
    this.tell({ reset: reset.reset, cursor: reset.cursor });
    if (this.#told === undefined) return;
    this.#told = parseId(reset.cursor);
    this.#end = undefined;
  }
}
