import { WebExchange } from "@ssekit/core";

/** What is used of a Hono context. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
  readonly res: Response;
  readonly env: unknown;
  // Hono types status and data more narrowly than they are here.
  newResponse(data: any, init: { status: any; headers: Headers }): Response;
}

/** An exchange whose response takes over the headers and cookies that the app has set on the context. */
export class HonoExchange extends WebExchange {
  readonly #ctx: HonoContext;

  constructor(ctx: HonoContext, resolve: (response: Response) => void, reject: (error: unknown) => void) {
    super(ctx.req.raw, resolve, reject);
    this.#ctx = ctx;
  }

  override responseHeader(name: string): string | undefined {
    return this.#ctx.res.headers.get(name) ?? undefined;
  }

  protected override createResponse(body: BodyInit | null, status: number, headers: Headers): Response {
    return this.#ctx.newResponse(body, { status, headers });
  }
}
