// @ts-check
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Router } from "@koa/router";
import { sse } from "@ssekit/koa";
import Koa from "koa";
import serve from "koa-static";
import { Job } from "./job.js";
import { works } from "./work.js";

const publicFolder = fileURLToPath(new URL("public", import.meta.url));

/** EventSource's reconnection time, in ms. */
const retry = 1000;
/** Ms after which a job without readers is cancelled. Longer than `retry`, so that a job survives a broken connection. */
const patience = 3 * retry;
/** How long a finished job is remembered, in ms. */
const memory = 60_000;

/**
 * @param {object} options
 * @param {import("@ssekit/koa").EventStreamServer} options.events
 * @param {Map<string, Job>} options.jobs
 * @param {number} options.pause ms that each step of a job takes
 */
export function createApp({ events, jobs, pause }) {
  const router = new Router();

  router.post("/jobs", (ctx) => {
    const work = works.get(String(ctx.query["kind"]));
    if (!work) throw httpError(400, `kind: expected ${[...works.keys()].join(" or ")}`);

    const id = randomUUID();
    const job = new Job(work, { pause, patience });
    jobs.set(id, job);
    job.on("report", ({ event, data }) => {
      if (event === "progress") return;
      console.log(`${work.title}: ${event} after ${data.step} steps. ${data.note}`);
      setTimeout(() => jobs.delete(id), memory).unref();
    });
    ctx.status = 201;
    ctx.body = { id, title: work.title, steps: work.steps };
  });

  // The source ends with the job's last report, and then the stream ends for good: ssekit sends a last event. When
  // EventSource comes back after it, ssekit answers 204 No Content, and EventSource stops. If the stream were closed before
  // the source ends, or with `stream.close()`, EventSource would open it again.
  router.get("/jobs/:id/progress", (ctx) =>
    ctx.sse((stream) => find(ctx.params["id"]).reports(stream.signal), { retry }),
  );

  router.delete("/jobs/:id", (ctx) => {
    find(ctx.params["id"]).cancel("You cancelled it.");
    ctx.status = 204;
  });

  /** @param {string | undefined} id */
  function find(id) {
    const job = jobs.get(id ?? "");
    if (!job) throw httpError(404, "There is no such job.");
    return job;
  }

  const app = new Koa();
  app.use(responseTime);
  app.use(errorsAsJson);
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
 * After `next()`, the stream is in `ctx.body`, but Koa has sent nothing yet. So a header can still be set.
 * @type {import("koa").Middleware}
 */
async function responseTime(ctx, next) {
  const start = performance.now();
  await next();
  ctx.set("X-Response-Time", `${(performance.now() - start).toFixed(1)} ms`);
}

/**
 * An error that a source throws before its first item arrives here, like any other error.
 * @type {import("koa").Middleware}
 */
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
