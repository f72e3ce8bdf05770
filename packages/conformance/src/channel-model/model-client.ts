import type { Channel, EventStreamServer } from "@ssekit/core";
import { Connection } from "./connection.js";
import { Following } from "./following.js";
import type { Moment, Reference } from "./reference.js";
import type { Wishes } from "./wishes.js";

/** Where a client finds its channel. */
interface Surroundings extends Reference {
  readonly channel: Channel;
  readonly server: EventStreamServer;
}

/** A client that comes back with the last id that it has seen, and what it must have seen. */
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

  /** It has been told that this is the end. */
  get #finished(): boolean {
    return this.#lastEventId?.endsWith("~end") ?? false;
  }

  #now(): Moment {
    return this.#world.moment(this.#world.mark());
  }

  // --- what it does

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

  /** The program sends an event of its own to it. */
  sendOwn(): void {
    this.#connection?.stream.send({ event: "own", data: `${this.#sent++} ${this.#world.mark()}` });
  }

  /** The program ends its stream. */
  end(): void {
    if (this.#connection === undefined) return;
    this.#following!.endedAt ??= this.#now();
    this.#connection.stream.end();
  }

  /** Comes back if it is to, as EventSource does. */
  async comeBack(): Promise<void> {
    const following = this.#following!;
    if (following.leftAt !== undefined || following.endedAt !== undefined) return;
    if (this.#connection === undefined || this.#connection.over) await this.connect();
  }

  /** The program closes its connection, if it has one, for a reason. */
  excuse(): void {
    if (this.#connection !== undefined) this.#connection.excused = true;
  }

  // --- what it has seen

  get satisfied(): boolean {
    return this.#following!.complete;
  }

  verify(): void {
    for (const following of this.#followings) following.verify();
    if (!this.satisfied) throw new Error(`not complete: ${this.#following!.report()}`);
  }
}
