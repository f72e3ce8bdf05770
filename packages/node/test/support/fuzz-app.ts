import { OutgoingMessage, type IncomingMessage, type ServerResponse } from "node:http";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { EventStreamServer, open } from "@ssekit/node";
import { portOf } from "@ssekit/node/adapter";
import type { PlannedRequest, Step } from "./fuzz-plan.js";

type Write = (this: ServerResponse, chunk: string) => boolean;
const plainWrite = OutgoingMessage.prototype.write as unknown as Write;

/** What has been written to a stream. */
export interface Written {
  events: number;
  comments: number;
}

/** The body of an ordinary response, in its pieces. */
export function piecesOf(request: PlannedRequest & { kind: "text" | "chunked" }): string[] {
  return request.sizes.map((size, i) => `<${request.id}.${i}>${letter(request.id, i).repeat(size)}`);
}

/** The event, or the comment of the app, with this number. */
export function blockOf(kind: "event" | "comment", id: number, i: number, size: number): string {
  return `${kind === "event" ? "data: e" : ": c"}${id}.${i}.${letter(id, i).repeat(size)}\n\n`;
}

function letter(id: number, i: number): string {
  return String.fromCharCode(97 + ((id * 7 + i) % 26));
}

/** The app that does what was planned. */
export class FuzzApp {
  readonly plans = new Map<string, PlannedRequest>();
  readonly written = new Map<number, Written>();
  readonly events = new EventStreamServer({
    heartbeat: 5,
    maxBufferedBytes: 1 << 28,
    onError: () => {}, // of what is broken off
  });
  /** Errors of the app itself. */
  readonly errors: unknown[] = [];

  readonly listener = (req: IncomingMessage, res: ServerResponse): void => {
    const plan = this.plans.get(req.url!)!;
    const done = plan.kind === "stream" ? this.#stream(plan, req, res) : answer(plan, res);
    done.catch((error: unknown) => this.errors.push(error));
  };

  async #stream(
    plan: PlannedRequest & { kind: "stream" },
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    const written: Written = { events: 0, comments: 0 };
    this.written.set(plan.id, written);
    const stream = open(req, res, { server: this.events });
    const run: Partial<Record<Step["do"], (size: number) => unknown>> = {
      send: (size) =>
        stream.send(blockOf("event", plan.id, written.events++, size).slice("data: ".length, -2)),
      write: (size) => res.write(blockOf("comment", plan.id, written.comments++, size)),
      "plain write": (size) => plainWrite.call(res, blockOf("comment", plan.id, written.comments++, size)),
      cork: () => res.cork(),
      uncork: () => res.uncork(),
      // Before its turn the connection is another response's.
      "cork socket": () => res.socket?.cork(),
      "uncork socket": () => res.socket?.uncork(),
      patch: () => patch(res),
      turn: () => turn(),
    };
    for (const step of plan.steps) {
      if (res.destroyed || stream.signal.aborted) return;
      await (step.do === "wait" ? wait(step.ms) : run[step.do]!("size" in step ? step.size : 0));
    }
    if (plan.end === "end") stream.end();
    if (plan.end === "close") stream.close();
    if (plan.end === "break") portOf(stream).fail(new Error("planned"));
    if (plan.end !== "app") return;
    stream.send("unsent when the app ends");
    res.end();
    for (let i = 0; i < 3; i++) {
      stream.send("after the end");
      await turn();
    }
  }
}

async function answer(
  plan: PlannedRequest & { kind: "text" | "chunked" },
  res: ServerResponse,
): Promise<void> {
  if (plan.ms > 0) await wait(plan.ms);
  const pieces = piecesOf(plan);
  if (plan.kind === "text") return void res.end(pieces.join(""));
  for (const piece of pieces) {
    res.write(piece);
    await turn();
  }
  res.end();
}

function patch(res: ServerResponse): void {
  const write = res.write as Write;
  Object.assign(res, {
    write(this: ServerResponse, chunk: string) {
      return write.call(this, chunk);
    },
  });
}
