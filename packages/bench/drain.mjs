// @ts-check
// Measures promise P8: `node drain.mjs [--streams 10000]`.
import { parseArgs } from "node:util";
import { measureDrain } from "./measure-drain.mjs";

const { values } = parseArgs({ options: { streams: { type: "string", default: "10000" } } });
for (const order of /** @type {const} */ (["last", "first"])) {
  const { code, exitMs, server, retries, ended } = await measureDrain({
    streams: Number(values.streams),
    grace: 10_000,
    order,
  });
  const inWindow = retries.filter((retry) => retry >= 2_000 && retry <= 8_000).length;
  console.log(
    `server.close() ${order}: ${server.open} streams, events.close() ${server.ms} ms, exit ${exitMs} ms with code ${code}; ` +
      `${ended} clients saw the end, ${inWindow} a retry in the window of 6 s`,
  );
}
