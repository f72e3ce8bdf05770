/** The part of workerd's module that the tests and the example use. */
declare module "cloudflare:workers" {
  import type { Storage } from "../../../../examples/durable-object/sql-log.js";

  interface Context {
    readonly storage: Storage;
    readonly props: unknown;
    waitUntil(promise: Promise<unknown>): void;
    passThroughOnException(): void;
  }
  export class DurableObject<Env = unknown> {
    protected readonly ctx: Context;
    protected readonly env: Env;
    constructor(ctx: Context, env: Env);
    fetch(request: Request): Response | Promise<Response>;
  }
}

/** `@vitest/expect`, which is installed after the type check. */
declare module "expect-of-vitest" {
  export const chai: { use(plugin: unknown): void; expect(value: unknown, message?: string): unknown };
  export const GLOBAL_EXPECT: symbol;
  export const ASYMMETRIC_MATCHERS_OBJECT: symbol;
  export const JestAsymmetricMatchers: unknown;
  export const JestChaiExpect: unknown;
  export const JestExtend: unknown;
}
