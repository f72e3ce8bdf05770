import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { start } from "../../../bench/rpc.mjs";
import { pause } from "../support/within.js";
import type { DeliveryOptions } from "./server.mjs";

const SCRIPT = new URL("server.mjs", import.meta.url);
const TSC = fileURLToPath(new URL("../../../../node_modules/typescript/bin/tsc", import.meta.url));
const BUILT = new URL("../../../express/dist/index.js", import.meta.url);

/** The state that a server process reports. */
interface ServerState {
  readonly published: number;
  readonly lags: number;
  readonly resets: number;
  readonly errors: readonly string[];
  /** Number of closed streams by reason. */
  readonly closed: Readonly<Record<string, number>>;
  /** Number of streams with bytes that their client has not read. */
  readonly blocked: number;
  readonly subscribers: number;
  readonly streams: number;
}

/** The memory of a server process, in bytes. */
export interface ServerMemory {
  /** Objects and buffers that remain after a garbage collection. */
  readonly live: number;
  readonly rss: number;
  /** The `bufferedBytes` of the stream that has the most. */
  readonly mostBuffered: number;
}

/** An Express app with one channel in its own process. The process ends when the test finishes. */
export interface DeliveryServer {
  readonly port: number;
  /** Publishes these numbers of events, each in one turn of the event loop. The events are numbered consecutively. */
  publish(turns: readonly number[]): Promise<void>;
  end(): Promise<void>;
  state(): Promise<ServerState>;
  /** Waits until a condition on the state holds, with a time limit. */
  until(what: string, holds: (state: ServerState) => boolean, ms: number): Promise<void>;
  memory(): Promise<ServerMemory>;
}

/** Compiles `LatentLog` to JavaScript for a process without vitest. Returns the URL of the module. */
export function compileLatentLog(): string {
  const folder = fileURLToPath(new URL("../../dist/", import.meta.url));
  const source = fileURLToPath(new URL("../latent-log.ts", import.meta.url));
  const options = "--ignoreConfig --noCheck --module nodenext --target es2023 --outDir".split(" ");
  execFileSync(process.execPath, [TSC, ...options, folder, source]);
  return new URL("../../dist/latent-log.js", import.meta.url).href;
}

export async function startDeliveryServer(options: DeliveryOptions): Promise<DeliveryServer> {
  if (!existsSync(BUILT)) throw new Error("The packages are not built: run `pnpm build` first");
  const child = start(SCRIPT, { args: [JSON.stringify(options)], execArgv: ["--expose-gc"] });
  onTestFinished(() => child.stop());
  const state = (): Promise<ServerState> => child.call("state");
  return {
    port: await child.call("port"),
    publish: (turns) => child.call("publish", turns, 60),
    end: () => child.call("end"),
    state,
    async until(what, holds, ms) {
      const deadline = performance.now() + ms;
      for (let now = await state(); !holds(now); now = await state()) {
        if (performance.now() > deadline)
          throw new Error(`${what}: not within ${ms} ms: ${JSON.stringify(now)}`);
        await pause(10);
      }
    },
    memory: () => child.call("memory"),
  };
}
