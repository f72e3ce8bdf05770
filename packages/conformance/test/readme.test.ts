import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { startRedis } from "../src/support/start-redis.js";
import { systemProgram } from "../src/support/system-program.js";

/**
 * Runs every JavaScript snippet of every README with the built packages. A comment before each snippet says how:
 * `<!-- runs: GET /path prints "text" -->` starts it as a server, `<!-- runs alone -->` runs it until it ends. With
 * `with redis` at the end, a Redis server is started, whose address is in REDIS_URL.
 */
const root = new URL("../../../", import.meta.url);
const folder = new URL("../.snippets/", import.meta.url); // inside a package, so that its imports resolve
const redisFolder = new URL("../../redis/.snippets/", import.meta.url); // the clients of Redis are installed there
for (const each of [folder, redisFolder]) mkdirSync(each, { recursive: true });
afterAll(() => [folder, redisFolder].forEach((each) => rmSync(each, { recursive: true, force: true })));

const readmes = [
  "README.md",
  // The other pages of this folder show the files of apps, which `frameworks/pages.test.ts` compares and starts.
  "docs/frameworks/fastify.md",
  ...["packages", "examples", "docs"].flatMap((parent) =>
    readdirSync(new URL(parent, root), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory()
        ? [`${parent}/${entry.name}/README.md`]
        : entry.name.endsWith(".md")
          ? [`${parent}/${entry.name}`]
          : [],
    ),
  ),
];

interface Snippet {
  name: string;
  code: string;
  how: string | undefined;
  withRedis: boolean;
}

function snippetsOf(readme: string): Snippet[] {
  let text: string;
  try {
    text = readFileSync(new URL(readme, root), "utf8");
  } catch {
    return []; // an example without a README
  }
  return [
    ...text.matchAll(
      /(?:<!-- runs:? ([^\n]*?)( with redis)? -->\s*)?^```(?:js|ts|javascript|typescript)\n(.*?)^```/gms,
    ),
  ].map(([, how, withRedis, code], index) => ({
    name: `${readme}, snippet ${index + 1}`,
    how,
    withRedis: withRedis !== undefined,
    code: code!,
  }));
}

const snippets = readmes.flatMap(snippetsOf);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

async function run(snippet: Snippet, use: (url: string, exited: Promise<number | null>) => Promise<void>) {
  const name = `${snippet.name.replaceAll(/\W+/g, "-")}.mjs`;
  const file = new URL(name, snippet.withRedis ? redisFolder : folder);
  const redis = snippet.withRedis ? await startRedis() : undefined;
  writeFileSync(file, snippet.code);
  const port = await freePort();
  const child = spawn(process.execPath, [file.pathname], {
    env: { ...process.env, PORT: String(port), REDIS_URL: redis?.url, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += String(chunk)));
  const exited = new Promise<number | null>((resolve) => child.on("exit", resolve));
  try {
    await use(`http://127.0.0.1:${port}`, exited);
  } catch (error) {
    throw new Error(`${snippet.name} failed; it printed:\n${output}`, { cause: error });
  } finally {
    child.kill("SIGKILL");
    await exited;
    await redis?.remove();
  }
}

async function readUntil(url: string, text: string): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  for (;;) {
    const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal }).catch(
      (error: unknown) => {
        if (signal.aborted) throw error;
      },
    );
    if (response === undefined) {
      await new Promise((turn) => setTimeout(turn, 50)); // the server is not listening yet
      continue;
    }
    let seen = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      seen += decoder.decode(chunk, { stream: true });
      if (seen.includes(text)) return;
    }
    throw new Error(
      `${url}: expected ${JSON.stringify(text)} in the stream, got ${response.status} ${JSON.stringify(seen)}`,
    );
  }
}

describe("the READMEs", () => {
  it("have snippets", () => {
    expect(snippets.length).toBeGreaterThan(5);
  });

  for (const snippet of snippets) {
    it.skipIf(snippet.withRedis && !systemProgram("redis-server"))(`${snippet.name} runs`, async () => {
      expect(
        snippet.how,
        'say how it runs in a comment before it: <!-- runs: GET / prints "text" -->',
      ).toBeDefined();
      const [, path, text] = /^GET (\S+) prints "(.*)"$/.exec(snippet.how!) ?? [];
      await run(snippet, async (url, exited) => {
        if (path !== undefined) return await readUntil(url + path, text!);
        expect(snippet.how).toBe("alone");
        expect(await exited).toBe(0);
      });
    });
  }
});
