import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { missingPackages, systemFonts, systemPrograms } from "../../../../scripts/system-programs.mjs";

interface Workflow {
  readonly jobs: Record<string, Job>;
}
interface Job {
  readonly needs?: string;
  readonly uses?: string;
  readonly permissions?: Record<string, string>;
  readonly strategy?: { readonly matrix: { readonly node: number[] } };
  readonly env?: Record<string, string>;
  readonly steps?: {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Record<string, string>;
  }[];
}

const root = new URL("../../../../", import.meta.url);
const folder = new URL(".github/workflows/", root);
const { scripts, engines, packageManager } = JSON.parse(
  readFileSync(new URL("package.json", root), "utf8"),
) as { scripts: Record<string, string>; engines: { node: string }; packageManager: string };

function read(name: string): Workflow {
  const document = parseDocument(readFileSync(new URL(name, folder), "utf8"));
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS() as Workflow;
}
const commands = ({ steps = [] }: Job) => steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

describe("the workflows", () => {
  test.for(readdirSync(folder))("%s is YAML, and names actions by their major version", (name) => {
    const { jobs } = read(name);
    expect(Object.keys(jobs).length).toBeGreaterThan(0);
    const used = Object.values(jobs).flatMap(({ uses, steps = [] }) => [
      uses,
      ...steps.map((step) => step.uses),
    ]);
    for (const action of used.filter((action) => action !== undefined)) {
      expect(action).toMatch(/^([\w-]+\/[\w-]+@v\d+|\.\/\.github\/workflows\/[\w-]+\.yml)$/);
    }
  });

  test("every version of Node runs `pnpm test`, and a skipped test is a failure", () => {
    const { test: job } = read("ci.yml").jobs;
    expect(engines.node).toBe("^20.19 || >=22.12");
    expect(job!.strategy!.matrix.node).toEqual([20, 22, 24, 26]);
    expect(commands(job!)).toContain(`npx -y ${packageManager} test`);
    expect(job!.env!["SSEKIT_REQUIRE_ALL"]).toBe("1");
  });

  test("publishing waits for the tests, may make a provenance statement, and runs scripts that exist", () => {
    const { release } = read("release.yml").jobs;
    expect(release!.needs).toBe("test");
    expect(release!.permissions).toMatchObject({ "id-token": "write", contents: "write" });
    expect(commands(release!)).toContain(`npm install --global ${packageManager}`);
    const { version, publish } = release!.steps!.find(({ uses }) => uses?.startsWith("changesets/"))!.with!;
    for (const command of [version!, publish!]) {
      expect(scripts).toHaveProperty([command.replace(/^pnpm run /, "")]);
    }
    expect(scripts["release:publish"]).toContain("set-repository.mjs --check");
    expect(scripts["release:publish"]).toContain("--provenance");
  });
});

describe("scripts/system-programs.mjs", () => {
  test("lists the Debian packages that are missing: those of programs and of fonts", () => {
    const known = [...Object.values(systemPrograms), ...Object.keys(systemFonts)];
    expect(known).toEqual(expect.arrayContaining(["chromium", "fonts-noto-color-emoji", "fonts-noto-cjk"]));
    for (const debianPackage of missingPackages()) expect(known).toContain(debianPackage);
  });
});
