// Leaves out one line of a source file at a time. Lists the lines for which no test failed.
//   node scripts/mutate.mjs packages/core/src/channel/window.ts -- packages/core/test packages/conformance/test/channel
// The arguments after `--` are for vitest. --limit=60: seconds for each line. --from=120: the first line to leave out.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

const separator = process.argv.indexOf("--");
if (separator < 0) throw new Error("Expected source files, then --, then arguments for vitest");
const { values, positionals: files } = parseArgs({
  args: process.argv.slice(2, separator),
  options: { limit: { type: "string", default: "60" }, from: { type: "string", default: "1" } },
  allowPositionals: true,
});
const vitestArgs = process.argv.slice(separator + 1);
const limit = Number(values.limit) * 1_000;

/** @type {import("node:child_process").ChildProcess | undefined} */
let running;
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.on(signal, () => {
    stopRunning();
    process.exit(130);
  });
}

const whole = await outcomeWithout("", 0);
if (whole !== "passed")
  throw new Error(`Expected the tests to pass within the limit when no line is left out, got: ${whole}`);

/** @type {string[]} */
const survivors = [];
let tried = 0;
for (const file of files) {
  const source = readFileSync(file, "utf8").split("\n");
  for (const number of linesWithEffect(source).filter((number) => number >= Number(values.from))) {
    const outcome = await outcomeWithout(resolve(file), number);
    if (outcome === "no program") continue;
    tried++;
    const where = `${file}:${number}: ${source[number - 1]?.trim()}`;
    console.log(
      `${outcome === "failed" ? "found   " : outcome === "passed" ? "SURVIVED" : "TOO LATE"} ${where}`,
    );
    if (outcome !== "failed") survivors.push(where);
  }
}
console.log(
  `\n${tried - survivors.length} of ${tried} lines made a test fail when they were left out. The others:`,
);
for (const survivor of survivors) console.log(`  ${survivor}`);
process.exitCode = survivors.length === 0 ? 0 : 1;

/**
 * @param {string} file
 * @param {number} line
 * @returns {Promise<"passed" | "failed" | "late" | "no program">}
 */
function outcomeWithout(file, line) {
  const args = ["node_modules/vitest/vitest.mjs", "run", "--config=scripts/mutate.config.ts", "--bail=1"];
  const env = { ...process.env, SSEKIT_MUTATED_FILE: file, SSEKIT_MUTATED_LINE: String(line) };
  const child = spawn(process.execPath, [...args, ...vitestArgs], { env, stdio: "pipe", detached: true });
  running = child;
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return new Promise((done) => {
    const timer = setTimeout(() => {
      done("late");
      stopRunning();
    }, limit);
    child.on("close", (code) => {
      clearTimeout(timer);
      if (running === child) running = undefined; // otherwise this child was stopped, and the next one is already running
      if (output.includes("Transform failed with")) done("no program");
      else done(code === 0 ? "passed" : "failed");
    });
  });
}

/** Stops vitest and its workers, which belong to its process group. */
function stopRunning() {
  try {
    if (running?.pid !== undefined) process.kill(-running.pid, "SIGKILL");
  } catch {
    // the process has just ended
  }
}

/**
 * Returns the numbers of the lines that can be left out: each is a whole statement, operand or item, so that the rest is
 * most likely still a valid program. Declarations are not listed, because without them nothing runs. `return undefined` is
 * not listed, because without it nothing changes.
 * @param {string[]} source
 */
function linesWithEffect(source) {
  const lines = [];
  let ofTypes = false;
  for (const [i, line] of source.entries()) {
    const text = line.trim().replace(/\s+\/\/ .*$/, "");
    if (/^(export )?(declare )?(interface|type|import) /.test(line)) ofTypes = !/[;}]$/.test(text);
    else if (ofTypes) ofTypes = !/^(\S.*;|}.*)$/.test(line);
    else if (isWhole(text) && !isDeclaration(text) && text !== "return undefined;") lines.push(i + 1);
  }
  return lines;
}

/** @param {string} text */
function isWhole(text) {
  if (!/(;|,|&&|\|\||\?\?)$/.test(text) || /^([*/})\]]|export\b)/.test(text)) return false;
  const code = text.replace(/"(\\.|[^"\\])*"|`(\\.|[^`\\])*`/g, '""');
  let depth = 0;
  for (const character of code) {
    if ("([{".includes(character)) depth++;
    if (")]}".includes(character) && --depth < 0) return false;
  }
  return depth === 0;
}

/** @param {string} text */
function isDeclaration(text) {
  return /^((const|let|readonly|static|declare|private|abstract) |#\w+( =|\?|!|:|;)|case |default:)|^\w+[?!]?: [^=]*;$/.test(
    text,
  );
}
