import { createServer } from "node:http";
import { listen, pause } from "@ssekit/conformance";
import { sse } from "@ssekit/express";
import express, { type ErrorRequestHandler } from "express";
import express4 from "express4";
import { describe, expect, it, onTestFinished } from "vitest";

const broken = Object.assign(new Error("broken"), { status: 418 });

async function start(app: express.Express): Promise<string> {
  const { url, cut, close } = await listen(createServer(app));
  onTestFinished(() => (cut(), close()));
  return url;
}

describe.each([
  ["Express 5", express],
  ["Express 4", express4],
])("an error of the source before the head, in %s,", (_name, create) => {
  const answer =
    (by: string): ErrorRequestHandler =>
    (error: unknown, _req, res, next) =>
      error === broken ? void res.status(418).send(by) : next(error);

  it("reaches the error handler of the router that the route is in", async () => {
    const router = create.Router();
    router.get("/late", (_req, res) => void res.sse(() => pause(5).then(() => Promise.reject(broken))));
    router.get("/at-once", (_req, res) => {
      res.sse(() => {
        throw broken;
      });
    });
    router.use(answer("the router"));
    const outer = create.Router().use("/inner", router).use(answer("the outer router"));
    const url = await start(create().use(sse()).use("/outer", outer).use(answer("the app")));
    for (const path of ["late", "at-once"]) {
      const response = await fetch(`${url}/outer/inner/${path}`);
      expect([response.status, await response.text()]).toEqual([418, "the router"]);
    }
  });

  it("reaches the error handler of the app, if the router has none", async () => {
    const router = create.Router();
    router.get("/", (_req, res) => void res.sse(() => pause(5).then(() => Promise.reject(broken))));
    const url = await start(create().use(sse()).use("/router", router).use(answer("the app")));
    expect(await (await fetch(`${url}/router`)).text()).toBe("the app");
  });

  it("is answered by Express with 500, if there is no error handler", async () => {
    const app = create().use(sse());
    app.set("env", "test"); // otherwise Express prints the error
    app.get("/", (_req, res) => void res.sse(() => Promise.reject(new Error("secret"))));
    const response = await fetch(await start(app));
    expect(response.status).toBe(500);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
  });

  it("of a route in a mounted app reaches the error handlers of the mounted app", async () => {
    const inner = create();
    inner.get("/", (_req, res) => void res.sse(() => pause(5).then(() => Promise.reject(broken))));
    inner.use(answer("the mounted app"));
    const url = await start(create().use(sse()).use("/mounted", inner).use(answer("the app")));
    expect(await (await fetch(`${url}/mounted`)).text()).toBe("the mounted app");
  });
});
