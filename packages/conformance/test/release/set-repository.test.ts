import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  packagesWithoutRepository,
  repositoryOf,
  setRepository,
} from "../../../../scripts/set-repository.mjs";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const address = "https://git.example/some/where";

/** A copy of the manifests of all packages without an address, and of the formatter's settings. */
function copyOfManifests() {
  const copy = mkdtempSync(join(tmpdir(), "ssekit-manifests-"));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  cpSync(join(root, ".oxfmtrc.json"), join(copy, ".oxfmtrc.json"));
  for (const name of readdirSync(join(root, "packages"))) {
    if (!existsSync(join(root, "packages", name, "package.json"))) continue;
    const { homepage: _homepage, bugs: _bugs, repository: _repository, ...rest } = manifestOf(root, name);
    mkdirSync(join(copy, "packages", name), { recursive: true });
    writeFileSync(join(copy, "packages", name, "package.json"), `${JSON.stringify(rest, null, 2)}\n`);
  }
  return copy;
}

const manifestOf = (folder: string, name: string) =>
  JSON.parse(readFileSync(join(folder, "packages", name, "package.json"), "utf8")) as Record<string, unknown>;

describe("scripts/set-repository.mjs", () => {
  test("writes homepage, bugs and repository into each published package, and into no other", () => {
    const copy = copyOfManifests();
    expect(packagesWithoutRepository(copy)).toContain("packages/core");
    const written = setRepository(address, copy);
    expect(written).toContain("packages/core");
    for (const directory of written) {
      expect(manifestOf(copy, directory.slice("packages/".length))).toMatchObject({
        homepage: `https://git.example/some/where/tree/main/${directory}#readme`,
        bugs: "https://git.example/some/where/issues",
        repository: { type: "git", url: "git+https://git.example/some/where.git", directory },
      });
    }
    expect(packagesWithoutRepository(copy)).toEqual([]);
    expect(written).not.toContain("packages/conformance");
    expect(manifestOf(copy, "conformance")).not.toHaveProperty("repository");
  });

  test("changes nothing else, and leaves what the formatter accepts", () => {
    const copy = copyOfManifests();
    const before = manifestOf(copy, "core");
    setRepository(address, copy);
    const { homepage: _homepage, bugs: _bugs, repository: _repository, ...after } = manifestOf(copy, "core");
    expect(after).toEqual(before);
    const formatter = join(root, "node_modules/.bin/oxfmt");
    const { status, stdout } = spawnSync(formatter, ["--check"], { cwd: copy, encoding: "utf8" });
    expect(stdout).not.toContain("package.json (");
    expect(status).toBe(0);
  });

  test("gives the same files when it runs again, and other ones for another address", () => {
    const copy = copyOfManifests();
    const file = join(copy, "packages/core/package.json");
    setRepository(address, copy);
    const once = readFileSync(file, "utf8");
    setRepository(`${address}.git`, copy);
    expect(readFileSync(file, "utf8")).toBe(once);
    setRepository("https://git.example/else/where/", copy);
    expect(readFileSync(file, "utf8")).toBe(once.replaceAll("some/where", "else/where"));
  });

  test.for([
    ["", "Expected the address"],
    ["git.example/some/where", "Expected the address"],
    ["git@git.example:some/where.git", "Expected the address"],
    ["http://git.example/some/where", "does not begin with https://"],
    ["https://me:secret@git.example/some/where", "contains a user or a password"],
    ["https://git.example/some/where?tab=readme", "has a query or a fragment"],
    ["https://git.example/some/where#readme", "has a query or a fragment"],
    ["https://git.example", "its path is not /<owner>/<name>"],
    ["https://git.example/some", "its path is not /<owner>/<name>"],
    ["https://git.example/some/wh ere", "its path is not /<owner>/<name>"],
  ] as const)("refuses %j, and writes nothing", ([text, words]) => {
    const copy = copyOfManifests();
    expect(() => setRepository(text, copy)).toThrow(words);
    expect(manifestOf(copy, "core")).not.toHaveProperty("repository");
  });

  test("takes an address with .git or a slash at its end", () => {
    expect(repositoryOf(`${address}.git`)).toBe(address);
    expect(repositoryOf(`${address}/`)).toBe(address);
  });

  test("prints only a sentence when the address is refused", () => {
    const script = join(root, "scripts/set-repository.mjs");
    const { status, stderr } = spawnSync(process.execPath, [script, "nonsense"], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toBe(
      'Expected the address of the repository, such as https://<host>/<owner>/<name>, got "nonsense"\n',
    );
  });
});
