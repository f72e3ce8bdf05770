declare global {
  // Global, so that the ESM and the CommonJS copies of these types share it.
  namespace Ssekit {
    /** The types of symbols that are registered. */
    interface Symbols {
      readonly subscription: unique symbol;
    }
  }
}

/** The key of the mark of a subscription. Registered, so that every copy of this package knows it. */
export const SUBSCRIPTION = Symbol.for("ssekit.subscription/1") as Ssekit.Symbols["subscription"];

/** A stream that is subscribed to a channel. A source that returns it leaves the stream open. */
export interface Subscription {
  readonly [SUBSCRIPTION]: true;
  /** Leaves the channel. The stream stays open. */
  unsubscribe(): void;
}

export function isSubscription(value: unknown): value is Subscription {
  return typeof value === "object" && value !== null && SUBSCRIPTION in value;
}
