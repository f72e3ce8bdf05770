// This file is compiled and never run. The values that programs pass around have the same type in the ESM and in the CommonJS
// copy.
import type * as Esm from "@ssekit/core";
import type * as CommonJs from "@ssekit/core" with { "resolution-mode": "require" };
import type * as EsmAdapter from "@ssekit/core/adapter";
import type * as CommonJsAdapter from "@ssekit/core/adapter" with { "resolution-mode": "require" };

type Same<A, B> = [A, B] extends [B, A] ? true : false;
type Events = { tick: { price: number }; halt: string };
type AllOf<Checks extends true[]> = Checks;

export type SameTypes = AllOf<
  [
    Same<Esm.EventStreamServer, CommonJs.EventStreamServer>,
    Same<Esm.EventStreamOptions, CommonJs.EventStreamOptions>,
    Same<Esm.EventStream, CommonJs.EventStream>,
    Same<Esm.EventStream<Events>, CommonJs.EventStream<Events>>,
    Same<Esm.EventMessage, CommonJs.EventMessage>,
    Same<Esm.StreamMessage<Events>, CommonJs.StreamMessage<Events>>,
    Same<Esm.Source, CommonJs.Source>,
    Same<Esm.SseError, CommonJs.SseError>,
    Same<EsmAdapter.Frame, CommonJsAdapter.Frame>,
    Same<EsmAdapter.Sink, CommonJsAdapter.Sink>,
    Same<EsmAdapter.Exchange, CommonJsAdapter.Exchange>,
    Same<Esm.Channel, CommonJs.Channel>,
    Same<Esm.Channel<Events>, CommonJs.Channel<Events>>,
    Same<Esm.Channels<Events>, CommonJs.Channels<Events>>,
    Same<Esm.ChannelOptions<Events>, CommonJs.ChannelOptions<Events>>,
    Same<Esm.ChannelMessage<Events>, CommonJs.ChannelMessage<Events>>,
    Same<Esm.ChannelEnd<Events>, CommonJs.ChannelEnd<Events>>,
    Same<Esm.StandardSchema<Events>, CommonJs.StandardSchema<Events>>,
    Same<Esm.Subscription, CommonJs.Subscription>,
    Same<Esm.EventLog, CommonJs.EventLog>,
    Same<Esm.LogStore, CommonJs.LogStore>,
    Same<Esm.MemoryLog, CommonJs.MemoryLog>,
  ]
>;
