import type { BrokerAddress } from "../../../bench/open-store.mjs";
import type { BrokerKind } from "../../../bench/start-broker.mjs";
import { startNats } from "../support/start-nats.js";
import { startRedis } from "../support/start-redis.js";

/** A broker whose data survive the end of its process. */
export interface LastingBroker extends BrokerAddress {
  /** Ends the process. */
  stop(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Starts the process again. */
  start(): Promise<void>;
  /** Ends the process and deletes its data. */
  remove(): Promise<void>;
}

/** Starts a broker on a free port. The caller has to call `remove`. */
export async function startLastingBroker(kind: BrokerKind): Promise<LastingBroker> {
  if (kind === "redis") {
    const { url, stop, start, remove } = await startRedis({ appendonly: true });
    return { kind, url, stop, start, remove };
  }
  const { port, kill, start, stop } = await startNats();
  return { kind, url: `nats://127.0.0.1:${port}`, stop: kill, start, remove: stop };
}
