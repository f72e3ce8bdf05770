import type { TextOf, TypedEnd, TypedEvent } from "../format/event-map.js";
import type { EventMessage } from "../format/message.js";
import type { Items } from "../stream/event-stream.js";

/** The event types that a channel sends by itself. An app that published them could make clients drop their state. */
export type ReservedEvent = "reset" | "snapshot" | "heartbeat";

/** The event type, unless it is reserved. Then the compiler's error shows this text. */
type Allowed<Type> = Type extends ReservedEvent ? `not ${Type}, which a channel sends by itself` : Type;

/** The event types of an event map that can be published. */
type TypesOf<Events> = Exclude<keyof Events & string, ReservedEvent>;

/** What a message has beside its event type and its data. */
export interface MessageLabels {
  /**
   * Labels that subscribers can ask for. Only subscribers that name one of these topics, or that name no topics, get the
   * event.
   */
  topic?: string | string[];
  /**
   * A key that prevents publishing an event twice. If an event with the same key is still in the history, nothing is
   * published, and the id of that event is returned.
   */
  idempotencyKey?: string;
}

/**
 * What `publish` takes: an event, whose id is given by the log. A string is the data of an event without a type.
 *
 * With an event map, it is an event of one of the map's types with the data of that type. The types `reset`, `snapshot`
 * and `heartbeat` are refused, because a channel sends events of these types by itself.
 */
export type ChannelMessage<Events = any, Type extends string = string> = string extends keyof Events
  ? ({ event?: Allowed<Type>; data?: unknown } & MessageLabels) | string
  : (TypedEvent<Events, TypesOf<Events>> & MessageLabels) | TextOf<Events>;

/**
 * What a source of `publishAll` yields: what `publish` takes.
 *
 * Without an event map it may also be an `EventMessage`, as the relay yields. Its id, its comment and its `retry` are not
 * published.
 */
export type ChannelItem<Events = any> = string extends keyof Events
  ? EventMessage | ChannelMessage
  : ChannelMessage<Events>;

/**
 * What `end` of a channel takes: the channel's last event. Its type is `end` unless it names another one.
 *
 * With an event map, it is an event of one of the map's types, or an event `end`. The map decides the data of `end` if it
 * has that type. To end with another type, such as `done`, add the type to the map.
 */
export type ChannelEnd<Events = any, Type extends string = string> = string extends keyof Events
  ? { event?: Allowed<Type>; data?: unknown }
  : TypedEnd<Events, TypesOf<Events>>;

/**
 * What `publishAll` publishes: items, or a function that returns them. The function is given a signal that aborts when
 * the channel closes.
 */
export type ChannelSource<T = ChannelItem> =
  | Items<T>
  | ((context: { readonly signal: AbortSignal }) => Items<T> | Promise<Items<T>>);
