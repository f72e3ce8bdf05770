import { onTestFinished } from "vitest";
import type { NodeOptions } from "../../../bench/cluster-node.mjs";
import { start } from "../../../bench/rpc.mjs";

const SCRIPT = new URL("../../../bench/cluster-node.mjs", import.meta.url);

/** A node process that can be killed and started again. It ends when the test finishes. */
export class ClusterNode {
  /** The port of the running process. `undefined` while there is none. */
  port: number | undefined;
  readonly #options: NodeOptions;
  #process: ReturnType<typeof start> | undefined;

  constructor(options: NodeOptions) {
    this.#options = options;
    onTestFinished(() => this.kill());
  }

  async start(): Promise<void> {
    this.#process = start(SCRIPT, { args: [JSON.stringify(this.#options)] });
    this.port = await this.#process.call("port");
  }

  /** Kills the process with SIGKILL, in the middle of what it does. */
  async kill(): Promise<void> {
    this.port = undefined;
    const process = this.#process;
    this.#process = undefined;
    await process?.stop();
  }

  /** Publishes numbers in one turn. Rejects if the node is killed meanwhile: nobody knows then what was stored. */
  async publish(numbers: readonly number[]): Promise<string[]> {
    if (this.#process === undefined) throw new Error("The node is not running");
    return await this.#process.call("publish", numbers);
  }

  async state(): Promise<{ errors: string[]; streams: number; status: string }> {
    return await this.#process!.call("state");
  }
}

/** Starts nodes that share one broker. */
export async function startNodes(count: number, options: NodeOptions): Promise<ClusterNode[]> {
  const nodes = Array.from({ length: count }, () => new ClusterNode(options));
  await Promise.all(nodes.map((node) => node.start()));
  return nodes;
}
