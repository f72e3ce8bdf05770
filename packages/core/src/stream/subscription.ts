declare global {
  // Global, so that the ESM and the CommonJS copies of these types share the type of the symbol.
  namespace Ssekit {
    /** The types of the registered symbols of ssekit. */
    interface Symbols {
      /** The type of the key that marks a subscription. */
      readonly subscription: unique symbol;
    }
  }
}

/** The key that marks a subscription. The symbol is registered, so that every copy of this package recognises it. */
export const SUBSCRIPTION = Symbol.for("ssekit.subscription/1") as Ssekit.Symbols["subscription"];

/**
 * The subscription of a stream to a channel. A source that returns one leaves its stream open.
 *
 * @example
 * const subscription = prices.subscribe(stream);
 * subscription.unsubscribe();
 */
export interface Subscription {
  /** The mark by which every copy of ssekit recognises a subscription. */
  readonly [SUBSCRIPTION]: true;
  /** Removes the stream from the channel. The stream stays open. */
  unsubscribe(): void;
}

export function isSubscription(value: unknown): value is Subscription {
  return typeof value === "object" && value !== null && SUBSCRIPTION in value;
}
