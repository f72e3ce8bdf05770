// @ts-check
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Router } from "@koa/router";
import { sse } from "@ssekit/koa";
import Koa from "koa";
import serve from "koa-static";
import { works } from "./work.js";

const publicFolder = fileURLToPath(new URL("public", import.meta.url));
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * @param {object} options
 * @param {import("@ssekit/koa").EventStreamServer} options.events
 * @param {ReturnType<typeof import("./job-lists.js").createJobLists>} options.lists
 */
export function createApp({ events, lists }) {
  const router = new Router();

  // Open as long as the page is. The jobs do not need it: they go on without a reader.
  router.get("/jobs/events", (ctx) => {
    lists.subscribe(ctx.state["visitor"], ctx.sse(undefined, { retry: 1000 }));
  });

  router.post("/jobs", (ctx) => {
    const work = works.get(String(ctx.query["kind"]));
    if (!work) throw httpError(400, `kind: expected one of ${[...works.keys()].join(", ")}`);
    const job = lists.start(ctx.state["visitor"], work);
    if (!job) throw httpError(429, "Five of your jobs are running. Wait for one, or cancel one.");
    ctx.status = 201;
    ctx.body = job;
  });

  router.post("/jobs/:id/cancel", (ctx) => {
    find(ctx).cancel("You cancelled it.");
    ctx.status = 204;
  });

  router.delete("/jobs/:id", (ctx) => {
    const { state } = find(ctx);
    if (state.status === "running") throw httpError(409, "The job is running. Cancel it first.");
    lists.remove(ctx.state["visitor"], state.id);
    ctx.status = 204;
  });

  /** @param {import("koa").Context} ctx */
  function find(ctx) {
    const job = lists.find(ctx.state["visitor"], ctx["params"].id);
    if (!job) throw httpError(404, "There is no such job.");
    return job;
  }

  const app = new Koa();
  app.use(responseTime);
  app.use(errorsAsJson);
  app.use(visitor);
  app.use(sse(events));
  app.use(serve(publicFolder));
  app.use(router.routes());
  return app;
}

/** @param {number} status @param {string} message */
function httpError(status, message) {
  return Object.assign(new Error(message), { status, expose: true });
}

/**
 * Recognises a browser by a cookie, so that all its tabs have one list, and others do not see it. An app with a login
 * uses the name of its user.
 * @type {import("koa").Middleware}
 */
async function visitor(ctx, next) {
  const known = ctx.cookies.get("visitor");
  ctx.state["visitor"] = known !== undefined && uuid.test(known) ? known : randomUUID();
  if (ctx.state["visitor"] !== known) {
    ctx.cookies.set("visitor", ctx.state["visitor"], { sameSite: "lax", maxAge: 30 * 24 * 3_600_000 });
  }
  await next();
}

/**
 * After `next()`, the stream is in `ctx.body`, but Koa has sent nothing yet. So a header can still be set.
 * @type {import("koa").Middleware}
 */
async function responseTime(ctx, next) {
  const start = performance.now();
  await next();
  ctx.set("X-Response-Time", `${(performance.now() - start).toFixed(1)} ms`);
}

/** @type {import("koa").Middleware} */
async function errorsAsJson(ctx, next) {
  try {
    await next();
  } catch (error) {
    const { status = 500, expose, message } = /** @type {any} */ (error);
    ctx.status = status;
    ctx.body = { error: expose ? message : "The server made a mistake. See its log." };
    if (!expose) ctx.app.emit("error", error, ctx);
  }
}
