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

/** What a server process tells of itself. */
interface ServerState {
  readonly published: number;
  readonly lags: number;
  readonly resets: number;
  readonly errors: readonly string[];
  /** How many streams were closed for each reason. */
  readonly closed: Readonly<Record<string, number>>;
  /** How many streams have bytes that their client does not take. */
  readonly blocked: number;
  readonly subscribers: number;
  readonly streams: number;
}

/** Bytes of a server process. */
export interface ServerMemory {
  /** What is left after a garbage collection: objects, and the bytes of buffers. */
  readonly live: number;
  readonly rss: number;
  /** The most that a stream holds for its client. */
  readonly mostBuffered: number;
}

/** An Express app with one channel in a process of its own, which is over with the test. */
export interface DeliveryServer {
  readonly port: number;
  /** Publishes so many events in each turn, with the numbers that follow. */
  publish(turns: readonly number[]): Promise<void>;
  end(): Promise<void>;
  state(): Promise<ServerState>;
  /** Waits until its state is so, but not for ever. */
  until(what: string, holds: (state: ServerState) => boolean, ms: number): Promise<void>;
  memory(): Promise<ServerMemory>;
}

/** A `LatentLog` in JavaScript, for a process without vitest. Returns the URL of the module. */
export function compileLatentLog(): string {
  const folder = fileURLToPath(new URL("../../dist/", import.meta.url));
  const source = fileURLToPath(new URL("../latent-log.ts", import.meta.url));
  const options = "--ignoreConfig --noCheck --module nodenext --target es2023 --outDir".split(" ");
  execFileSync(process.execPath, [TSC, ...options, folder, source]);
  return new URL("../../dist/latent-log.js", import.meta.url).href;
}

export async function startDeliveryServer(options: DeliveryOptions): Promise<DeliveryServer> {
  if (!existsSync(BUILT)) throw new Error("The packages are not built: run `pnpm build` before");
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
