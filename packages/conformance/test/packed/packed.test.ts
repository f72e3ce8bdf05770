import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installProjects, type Projects } from "./projects.js";
import { run } from "./run.js";

// What is published, in apps as they are: it loads, compiles and streams, whatever an app is written in.
let projects: Projects;

beforeAll(async () => {
  projects = await installProjects(["commonjs-jest", "typescript", "older-frameworks"]);
}, 420_000);

afterAll(() => projects?.remove());

const OK = { code: 0, output: "" };
const SLOW = 150_000; // a compiler on a busy machine

function compile(project: string, typescript = "typescript", ...options: string[]) {
  const tsc = join(projects.folder, project.split("/")[0]!, `node_modules/${typescript}/bin/tsc`);
  return run(process.execPath, [tsc, ...options], join(projects.folder, project), 110_000);
}

function start(project: string, program: string) {
  return run(process.execPath, [program], join(projects.folder, project), 20_000);
}

function printed(...lines: string[]) {
  return { code: 0, output: lines.map((line) => `${line}\n`).join("") };
}

describe("a CommonJS app with Express and Jest", () => {
  it("is tested: Jest passes, exits by itself and finds nothing left open", { timeout: SLOW }, async () => {
    const jest = ["node_modules/jest/bin/jest.js", "--ci", "--detectOpenHandles"];
    const ended = await run(process.execPath, jest, join(projects.folder, "commonjs-jest"), 60_000);

    expect(ended).toEqual({ code: 0, output: expect.stringContaining("3 passed, 3 total") });
    expect(ended.output).not.toMatch(/open handle|did not exit/);
  });
});

describe.each(["commonjs", "module"])("a TypeScript app of type %s", (type) => {
  const project = `typescript/${type}`;

  beforeAll(async () => {
    await cp(join(projects.folder, "typescript/app"), join(projects.folder, project), { recursive: true });
    await writeFile(join(projects.folder, project, "package.json"), JSON.stringify({ type }));
  });

  it.each(["typescript", "typescript-7"])(
    "is compiled by %s and streams with Express, Koa, Hono and Fastify",
    { timeout: SLOW },
    async (typescript) => {
      expect(await compile(project, typescript, "--outDir", typescript)).toEqual(OK);

      const events = 'greeting {"to":"you"}, start, message {"text":"Hel"}, message {"text":"lo"}, end';
      expect(await start(project, `${typescript}/main.js`)).toEqual(
        printed(`Express: ${events}`, `Koa: ${events}`, `Hono: ${events}`, `Fastify: ${events}`),
      );
    },
  );
});

describe("a TypeScript app that is bundled", () => {
  it("is compiled", { timeout: SLOW }, async () => {
    const bundler = ["--module", "preserve", "--moduleResolution", "bundler", "--noEmit"];

    expect(await compile("typescript/app", "typescript-7", ...bundler)).toEqual(OK);
  });
});

describe("an app that uses the packages wrongly", () => {
  it("is told so by the compiler", { timeout: SLOW }, async () => {
    expect(await compile("typescript/wrong-use", "typescript-7")).toEqual(OK);
  });
});

describe("a program of .mts and .cts files", () => {
  it.each(["typescript", "typescript-7"])(
    "is compiled by %s, and each copy of a package serves with the other's server, source and channel",
    { timeout: SLOW },
    async (typescript) => {
      expect(await compile("typescript/mixed", typescript, "--outDir", typescript)).toEqual(OK);

      expect(await start("typescript/mixed", `${typescript}/main.mjs`)).toEqual(
        printed(
          "Express from CommonJS: hello from ESM; 1 open, then 0",
          "Koa from CommonJS: hello from ESM; 1 open, then 0",
          "Hono from CommonJS: hello from ESM; 1 open, then 0",
          "Fastify from CommonJS: hello from ESM; 1 open, then 0",
          "Express from ESM: hello from CommonJS; 1 open, then 0",
          "Koa from ESM: hello from CommonJS; 1 open, then 0",
          "Hono from ESM: hello from CommonJS; 1 open, then 0",
          "Fastify from ESM: hello from CommonJS; 1 open, then 0",
        ),
      );
    },
  );
});

describe("a TypeScript app with Express 4, Koa 2 and no types of the DOM", () => {
  it.each([
    ["as it was done before package exports", ["--module", "commonjs", "--moduleResolution", "node10"]],
    ["as Node resolves", []],
  ])("is compiled %s, and streams", { timeout: SLOW }, async (_how, options) => {
    expect(await compile("older-frameworks", "typescript", ...options)).toEqual(OK);

    expect(await start("older-frameworks", "dist/main.js")).toEqual(
      printed("Express 4: greeting hello", "Koa 2: greeting hello"),
    );
  });
});
