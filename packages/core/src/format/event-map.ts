import type { EventMessage } from "./message.js";

/** The field `event`. It can be left out for `message`, which is the type of an event without this field. */
type Named<Type extends string> = Type extends "message" ? { event?: Type } : { event: Type };

/** The field `data`. It can be left out if the data may be `undefined`. */
type WithData<Data> = undefined extends Data ? { data?: Data } : { data: Data };

/**
 * An event of an event map: one of its types, with the data of that type.
 *
 * An event map is an object type, such as `{ tick: Tick; halt: { reason: string } }`. Its keys are event types, and its
 * values are the types of their data.
 */
export type TypedEvent<Events, Type extends keyof Events & string = keyof Events & string> = {
  [Each in Type]: Named<Each> & WithData<Events[Each]>;
}[Type];

/** The last event of an event map: one of its types, or type `end`, whose data is free unless the map has it. */
export type TypedEnd<Events, Type extends keyof Events & string = keyof Events & string> =
  // `message` has to be named here, because the last event has type `end` when it is left out.
  | { [Each in Exclude<Type, "end">]: { event: Each } & WithData<Events[Each]> }[Exclude<Type, "end">]
  | ({ event?: "end" } & (Events extends { end: infer Data } ? WithData<Data> : { data?: unknown }));

/** A bare string, where the data of type `message` may be any string. */
export type TextOf<Events> = Events extends { message: infer Data }
  ? [string] extends [Data]
    ? string
    : never
  : never;

/** An event map that the program gives as a type argument. It is not inferred from the source that is passed. */
export type Given<Events> = [Events][Events extends unknown ? 0 : never];

/** The fields that belong to one stream, and not to an event of a map. */
type StreamFields = Pick<EventMessage, "id" | "retry" | "comment">;

/** What `send` of a stream takes: a message. With an event map, the message has one of its types. */
export type StreamMessage<Events = any> = string extends keyof Events
  ? EventMessage | string
  : (TypedEvent<Events> & StreamFields) | (StreamFields & { event?: never; data?: never }) | TextOf<Events>;

/** What `end` of a stream takes: the last message. With an event map, it has one of its types, or `end`. */
export type StreamEnd<Events = any> = string extends keyof Events
  ? EventMessage
  : TypedEnd<Events> & StreamFields;
