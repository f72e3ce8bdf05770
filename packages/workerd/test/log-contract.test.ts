import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isInstalled, VERSIONS } from "../scenarios/installed.js";
import { bundle, startWorkerd, type Started } from "../scenarios/start.js";

const entry = fileURLToPath(new URL("log/log-worker.ts", import.meta.url));
const aliases = {
  vitest: fileURLToPath(new URL("log/vitest-in-worker.ts", import.meta.url)),
  "node:fs": fileURLToPath(new URL("log/fs-in-worker.ts", import.meta.url)),
  "expect-of-vitest": fileURLToPath(new URL("../node_modules/@vitest/expect", import.meta.url)),
};

/** The tests of the contract, which are registered inside the Worker. */
const script = isInstalled ? await bundle(entry, aliases) : "";
const names = isInstalled ? await namesOfTests() : [];

// The log of the example examples/durable-object.
describe.skipIf(!isInstalled).each(VERSIONS)("on workerd %s", (version) => {
  let started: Started | undefined;
  beforeAll(async () => {
    started = await start(version);
  });
  afterAll(() => started?.stop());

  it.each(names.map((name, n) => [name, n] as const))("%s", async (_name, n) => {
    const response = await fetch(`${started!.url}/?test=${n}`, { signal: AbortSignal.timeout(25_000) });
    expect(await response.json()).toEqual({ passed: true });
  });
});

function start(version: (typeof VERSIONS)[number]): Promise<Started> {
  return startWorkerd(version, script, {
    flags: ["nodejs_compat"],
    durableObjects: { TESTS: { className: "Test", useSQLite: true } },
  });
}

async function namesOfTests(): Promise<string[]> {
  const { url, stop } = await start(VERSIONS[0]);
  try {
    return (await (await fetch(url)).json()) as string[];
  } finally {
    await stop();
  }
}
