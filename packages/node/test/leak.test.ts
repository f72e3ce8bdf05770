import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { findLeaks, measureLeaks } from "../../bench/measure-leaks.mjs";

// The app with the built packages has a process of its own. `node packages/bench/leak.mjs` measures the same.
test("P9: after 10 000 connects and aborts no stream, listener or timer is left, and memory is back", async () => {
  const built = new URL("../../express/dist/index.js", import.meta.url);
  expect(existsSync(built), "the packages have to be built: run `pnpm build` before").toBe(true);

  const measured = await measureLeaks({ warmUp: 2000, cycles: 10_000 });

  const served = Object.values(measured.after.requests).reduce((sum, count) => sum + count, 0);
  expect(served).toBeGreaterThan(10_000);
  expect(measured.after.sources.started).toBeGreaterThan(4_000);
  expect(findLeaks(measured)).toEqual([]);
}, 300_000);
