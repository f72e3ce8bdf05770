import { DurableObject } from "cloudflare:workers";
import type { EventLog, History } from "@ssekit/core";
import { SqlLog, type Storage } from "../../../../examples/durable-object/sql-log.js";
import { logContract } from "../../../conformance/src/log-contract.js";
import { collected } from "./vitest-in-worker.js";

/** Runs the contract of logs inside workerd, each test in an object of its own, whose storage is empty. */

// The object that runs a test.
let storage: Storage | undefined;
let logs = 0;

logContract("SqlLog", {
  create: (history?: History): EventLog => new SqlLog(apart(storage!), history),
  synchronous: true,
});

/** A test may create two logs. Each gets tables of its own. */
function apart({ sql, transactionSync }: Storage): Storage {
  const n = ++logs;
  return {
    sql: {
      exec: (query, ...values) => sql.exec(query.replace(/\b(log|entries|keys)\b/g, `$1_${n}`), ...values),
    },
    transactionSync,
  };
}

export class Test extends DurableObject {
  override async fetch(request: Request): Promise<Response> {
    storage = {
      sql: this.ctx.storage.sql,
      transactionSync: (run) => this.ctx.storage.transactionSync(run),
    };
    const n = Number(new URL(request.url).searchParams.get("test"));
    try {
      await collected[n]!.run();
      return Response.json({ passed: true });
    } catch (error) {
      const { message, stack } = error as Error;
      return Response.json({ passed: false, message, stack });
    }
  }
}

interface Env {
  readonly TESTS: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

export default {
  async fetch(request: Request, { TESTS }: Env): Promise<Response> {
    const test = new URL(request.url).searchParams.get("test");
    if (test === null) return Response.json(collected.map(({ name }) => name));
    return TESTS.get(TESTS.idFromName(test)).fetch(request);
  },
};
