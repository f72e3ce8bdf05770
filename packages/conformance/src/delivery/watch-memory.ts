import { pause } from "../support/within.js";
import type { DeliveryServer, ServerMemory } from "./delivery-server.js";

/** Bytes of garbage, mostly buffers, that V8 may leave in a process before it collects them. */
export const COLLECTOR = 128 << 20;

/** A watch that asks a server for its memory repeatedly. */
export interface MemoryWatch {
  /** Stops the watch. Returns the maximum of each figure. */
  stop(): Promise<ServerMemory>;
}

export function watchMemory(server: DeliveryServer, everyMs = 400): MemoryWatch {
  let over = false;
  const watch = async (): Promise<ServerMemory> => {
    let most: ServerMemory = { live: 0, rss: 0, mostBuffered: 0 };
    while (!over) {
      const now = await server.memory();
      most = {
        live: Math.max(most.live, now.live),
        rss: Math.max(most.rss, now.rss),
        mostBuffered: Math.max(most.mostBuffered, now.mostBuffered),
      };
      await pause(everyMs);
    }
    return most;
  };
  const watching = watch();
  watching.catch(() => {}); // `stop` returns the error
  return {
    stop() {
      over = true;
      return watching;
    },
  };
}
