import type { NodeRequest, NodeResponse } from "./node-response.js";
import { NodeExchange } from "./node-exchange.js";

/** The exchange of a framework that sends the response later, and is told by a promise what becomes of it. */
export abstract class DeferredExchange extends NodeExchange {
  /** Called when the response is decided. */
  protected readonly decided: () => void;
  readonly #fail: (error: unknown) => void;

  /**
   * @param fail takes an error that came before the head.
   * @param decided called when the response is decided.
   */
  constructor(req: NodeRequest, res: NodeResponse, fail: (error: unknown) => void, decided: () => void) {
    super(req, res);
    this.#fail = fail;
    this.decided = decided;
  }

  /** Fails if the app has sent something else. */
  protected expectUnsent(isUnsent: boolean): void {
    if (isUnsent) return;
    const error = this.answered();
    this.fail(error);
    throw error;
  }

  protected override closeError(): Error | undefined {
    const error = super.closeError();
    if (error !== undefined) this.fail(error);
    return error;
  }

  protected handOver(error: unknown): void {
    this.#fail(error);
  }
}
