import type { Channel, EventStreamServer } from "@ssekit/core";
import { Connection } from "./connection.js";
import { Following } from "./following.js";
import type { Moment, Reference } from "./reference.js";
import type { Wishes } from "./wishes.js";

/** What a client needs of the world. */
interface Surroundings extends Reference {
  readonly channel: Channel;
  readonly server: EventStreamServer;
}

/** A client that reconnects with its last event ID, and checks that it gets the events that it must get. */
export class ModelClient {
  readonly #world: Surroundings;
  readonly #wishes: Wishes;
  readonly #followings: Following[] = [];
  #connection: Connection | undefined;
  #unsubscribe = (): void => {};
  #lastEventId: string | undefined;
  #sent = 0;

  constructor(world: Surroundings, wishes: Wishes) {
    this.#world = world;
    this.#wishes = wishes;
  }

  get #following(): Following | undefined {
    return this.#followings.at(-1);
  }

  /** Whether its last event ID says that the stream has ended. */
  get #finished(): boolean {
    return this.#lastEventId?.endsWith("~end") ?? false;
  }

  #now(): Moment {
    return this.#world.moment(this.#world.mark());
  }

  // --- actions

  async connect(): Promise<void> {
    this.leave();
    if (this.#finished) return;
    const { topics, filter, from, snapshot } = this.#wishes;
    const connection = new Connection();
    this.#connection = connection;
    const { newest } = this.#world.epoch;
    const after = this.#lastEventId ?? (from === "newest" ? newest : undefined);
    const following = new Following(this.#world, this.#wishes, connection, after);
    this.#followings.push(following);
    await connection.open(this.#world.server, this.#lastEventId, (stream) => {
      const subscription = this.#world.channel.subscribe(stream, {
        ...(topics !== undefined && { topics }),
        ...(filter !== undefined && { filter: ({ data }) => Number.parseInt(data, 10) % filter === 0 }),
        ...((from === "start" || from === "oldest") && { from }),
        ...(from === "newest" && newest !== undefined && { from: { after: newest } }),
        ...(snapshot && { snapshot: () => `state ${this.#world.mark()}` }),
      });
      this.#unsubscribe = () => subscription.unsubscribe();
    });
  }

  /** Cuts the connection. */
  leave(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    this.#lastEventId = connection.lastEventId ?? this.#lastEventId;
    connection.leave();
  }

  stall(): void {
    this.#connection?.stall();
  }

  resume(): void {
    this.#connection?.resume();
  }

  unsubscribe(): void {
    if (this.#connection === undefined) return;
    this.#following!.leftAt ??= this.#now();
    this.#unsubscribe();
  }

  /** Makes the program send a message of its own to this client. */
  sendOwn(): void {
    this.#connection?.stream.send({ event: "own", data: `${this.#sent++} ${this.#world.mark()}` });
  }

  /** Makes the program end the stream of this client. */
  end(): void {
    if (this.#connection === undefined) return;
    this.#following!.endedAt ??= this.#now();
    this.#connection.stream.end();
  }

  /** Reconnects if EventSource would reconnect. */
  async comeBack(): Promise<void> {
    const following = this.#following!;
    if (following.leftAt !== undefined || following.endedAt !== undefined) return;
    if (this.#connection === undefined || this.#connection.over) await this.connect();
  }

  /** Notes that the program has a reason to close the connection of this client. */
  excuse(): void {
    if (this.#connection !== undefined) this.#connection.excused = true;
  }

  // --- checks

  get satisfied(): boolean {
    return this.#following!.complete;
  }

  verify(): void {
    for (const following of this.#followings) following.verify();
    if (!this.satisfied) throw new Error(`not complete: ${this.#following!.report()}`);
  }
}
