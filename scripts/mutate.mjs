// Leaves out one line of a source file at a time, and lists those that no test misses.
//   node scripts/mutate.mjs packages/core/src/channel/window.ts -- packages/core/test packages/conformance/test/channel
// What follows `--` goes to vitest. --limit=60: seconds for each line. --from=120: the first line of the file.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

const separator = process.argv.indexOf("--");
if (separator < 0) throw new Error("Expected source files, then --, then what to tell vitest");
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
if (whole !== "passed") throw new Error(`Without a mutation the tests must pass within the limit: ${whole}`);

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
console.log(`\n${tried - survivors.length} of ${tried} lines were found by a test; not these:`);
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
      if (running === child) running = undefined; // else it was stopped, and the next runs already
      if (output.includes("Transform failed with")) done("no program");
      else done(code === 0 ? "passed" : "failed");
    });
  });
}

/** With the workers that it has started: they are of its process group. */
function stopRunning() {
  try {
    if (running?.pid !== undefined) process.kill(-running.pid, "SIGKILL");
  } catch {
    // it has just ended
  }
}

/**
 * The numbers of lines that are a statement, an operand or an item by themselves, so that the rest is most likely a program.
 * Without a declaration nothing would run, and without `return undefined` nothing would change.
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
