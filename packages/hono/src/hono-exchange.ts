import { type HeaderChanges, type Sink, type SinkOwner, WebExchange } from "@ssekit/core/adapter";
import { cutNodeConnection } from "./cut-node-connection.js";
import { NodeConnection } from "./node-connection.js";

/** The members of a Hono context that the adapter uses. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
  readonly res: Response;
  readonly env: unknown;
  /** Throws in a runtime that has none. */
  readonly executionCtx: { waitUntil(promise: Promise<unknown>): void };
  // `any`, because Hono's types for data and status are narrower than ours.
  newResponse(data: any, status: any): Response;
  header(name: string, value?: string): void;
}

/** The exchange of a Hono context. Its response has the headers and cookies that the app has set on the context. */
export class HonoExchange extends WebExchange {
  readonly #ctx: HonoContext;
  readonly #node: NodeConnection | undefined;

  constructor(ctx: HonoContext, resolve: (response: Response) => void, reject: (error: unknown) => void) {
    const node = NodeConnection.of(ctx.env);
    super(ctx.req.raw, resolve, reject, node?.signal);
    this.#ctx = ctx;
    this.#node = node;
  }

  get isBehindStream(): boolean {
    return this.#node?.isBehindStream ?? false;
  }

  override watch(owner: SinkOwner): void {
    super.watch(owner);
    this.#node?.opened();
  }

  override begin(headers: HeaderChanges): Sink {
    const hasBody = this.requestHeader("content-length") ?? this.requestHeader("transfer-encoding");
    if (hasBody) this.#node?.drainRequest();
    return super.begin(headers);
  }

  override responseHeader(name: string): string | undefined {
    return this.#ctx.res.headers.get(name) ?? undefined;
  }

  protected override createResponse(
    body: string | ReadableStream<Uint8Array> | null,
    status: number,
    changes: HeaderChanges,
  ): Response {
    // On the context, because its headers replace those of the response.
    for (const [name, value] of Object.entries(changes)) this.#ctx.header(name, value ?? undefined);
    return this.#ctx.newResponse(body, status);
  }

  protected override cut(afterSent: boolean): boolean {
    return cutNodeConnection(this.#ctx.env, afterSent);
  }
}
