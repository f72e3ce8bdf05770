// @ts-check
import { parseArgs } from "node:util";
import { measureStopped, measureTopics } from "./measure-channel.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "3" }, rounds: { type: "string", default: "5" } },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const chosen = positionals.length > 0 ? positionals : ["stopped", "topics"];
const onRound = (/** @type {number} */ round) => process.stderr.write(`\rround ${round + 1} of ${rounds} `);

if (chosen.includes("stopped")) {
  const load = { readers: 200, stopped: 50, bytes: 8192, rate: 20 };
  const measured = await measureStopped({ ...load, seconds, rounds, onRound });
  console.log(
    `\rstopped: ${load.readers} clients read, ${load.rate} events/s of ${load.bytes} bytes, ms to arrive`,
  );
  console.table(
    Object.fromEntries(
      [
        { name: `${load.stopped} others have stopped`, all: measured.with },
        { name: "no client has stopped", all: measured.without },
      ].map(({ name, all }) => [
        name,
        {
          p50: median(all.map((one) => one.p50)),
          p99: median(all.map((one) => one.p99)),
          most: median(all.map((one) => one.most)),
          events: all.reduce((sum, one) => sum + one.count, 0),
        },
      ]),
    ),
  );
}

if (chosen.includes("topics")) {
  const load = { few: 10, subscribers: 10_000, events: 1_000, bytes: 300 };
  const measured = await measureTopics({ ...load, rounds, onRound });
  const alone = median(measured.alone.map((one) => one.cpu));
  console.log(`\rtopics: an event of a topic that ${load.few} subscribers have, and of one that all have`);
  console.table(
    Object.values(measured).map((all) => ({
      subscribers: all[0]?.subscribers,
      "deliveries counted": all[0]?.deliveries,
      "µs of CPU": median(all.map((one) => one.cpu)),
      "of the first": Number((median(all.map((one) => one.cpu)) / alone).toFixed(2)),
    })),
  );
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const value = ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle) - 1] ?? NaN)) / 2;
  return Number(value.toFixed(2));
}
