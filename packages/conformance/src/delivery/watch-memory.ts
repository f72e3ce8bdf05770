import { pause } from "../support/within.js";
import type { DeliveryServer, ServerMemory } from "./delivery-server.js";

/** What V8 may let lie in a process before it collects it, above all buffers of which it is told by their size. */
export const COLLECTOR = 128 << 20;

/** Asks a server for its memory over and over. */
export interface MemoryWatch {
  /** @returns the most of each. */
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
  watching.catch(() => {}); // told of by `stop`
  return {
    stop() {
      over = true;
      return watching;
    },
  };
}
