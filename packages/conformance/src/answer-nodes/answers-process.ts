import type { AnswerState } from "@ssekit/answers";
import { onTestFinished } from "vitest";
import { start } from "../../../bench/rpc.mjs";
import { within } from "../support/within.js";
import type { NodeOptions } from "./node.mjs";

const SCRIPT = new URL("node.mjs", import.meta.url);

/** A node process that can be killed, started again and frozen. It ends when the test finishes. */
export class AnswersProcess {
  /** The port of the running process. `undefined` while there is none. */
  port: number | undefined;
  /** When each process of this node was killed: by its pid, in the milliseconds of `performance.now()`. */
  readonly killed = new Map<number, number>();
  readonly #options: NodeOptions;
  #pid = 0;
  #process: ReturnType<typeof start> | undefined;

  constructor(options: NodeOptions) {
    this.#options = options;
    onTestFinished(() => this.kill());
  }

  async start(): Promise<void> {
    this.#process = start(SCRIPT, { args: [JSON.stringify(this.#options)] });
    const { port, pid } = await this.#process.call("address");
    this.port = port;
    this.#pid = pid;
  }

  /** Kills the process with SIGKILL, in the middle of what it does. */
  async kill(): Promise<void> {
    this.port = undefined;
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined) return;
    this.killed.set(this.#pid, performance.now());
    await process.stop();
  }

  /** Stops the process with SIGSTOP. Its connections stay open. */
  freeze(): void {
    process.kill(this.#pid, "SIGSTOP");
  }

  /** Lets the process go on. */
  thaw(): void {
    process.kill(this.#pid, "SIGCONT");
  }

  /** Starts an answer. Returns `false` if its key was claimed before. */
  async post(key: string): Promise<boolean> {
    return (await request(this.port!, "POST", key)) as boolean;
  }

  /** Stops an answer. Returns its state. */
  async delete(key: string): Promise<AnswerState> {
    return (await request(this.port!, "DELETE", key)) as AnswerState;
  }

  async state(key: string): Promise<AnswerState> {
    return await this.#process!.call("state", key);
  }

  /** What was passed to `onError`. */
  async errors(): Promise<string[]> {
    return await this.#process!.call("errors");
  }
}

/** Sends a request to a port. Rejects if there is no answer, or another one than 200. */
export async function request(port: number, method: "POST" | "DELETE", key: string): Promise<unknown> {
  const url = `http://127.0.0.1:${port}/${key}`;
  const response = await within(`${method} ${key}`, fetch(url, { method }), 30_000);
  if (!response.ok) throw new Error(`${method} ${key}: ${response.status} ${await response.text()}`);
  return await response.json();
}

/** Starts nodes that share one broker. */
export async function startAnswersProcesses(count: number, options: NodeOptions): Promise<AnswersProcess[]> {
  const nodes = Array.from({ length: count }, () => new AnswersProcess(options));
  await Promise.all(nodes.map((node) => node.start()));
  return nodes;
}
