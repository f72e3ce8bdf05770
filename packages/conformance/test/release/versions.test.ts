import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** The manifests of all packages, and the settings of changesets, without the sources and the changesets. */
function copyOfWorkspace() {
  const copy = mkdtempSync(join(tmpdir(), "ssekit-versions-"));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  const files = ["package.json", "pnpm-workspace.yaml", "pnpm-lock.yaml", ".changeset/config.json"];
  for (const folder of ["packages", "examples"]) {
    const manifests = readdirSync(join(root, folder)).map((name) => join(folder, name, "package.json"));
    files.push(...manifests.filter((file) => existsSync(join(root, file))));
  }
  for (const file of files) cpSync(join(root, file), join(copy, file));
  return copy;
}

test("a changeset for one package gives all published packages the same new version", () => {
  const copy = copyOfWorkspace();
  writeFileSync(
    join(copy, ".changeset/one.md"),
    '---\n"@ssekit/koa": minor\n---\n\nA change that users notice.\n',
  );
  const { status, stderr } = spawnSync(join(root, "node_modules/.bin/changeset"), ["version"], {
    cwd: copy,
    encoding: "utf8",
  });
  expect(stderr).not.toContain("error");
  expect(status).toBe(0);
  const manifests = readdirSync(join(copy, "packages")).map(
    (name) =>
      JSON.parse(readFileSync(join(copy, "packages", name, "package.json"), "utf8")) as {
        private?: boolean;
        version?: string;
      },
  );
  const published = manifests.filter((manifest) => !manifest.private);
  const before = JSON.parse(readFileSync(join(root, "packages/koa/package.json"), "utf8")) as {
    version: string;
  };
  expect(published.length).toBeGreaterThan(1);
  expect(new Set(published.map(({ version }) => version)).size).toBe(1);
  expect(published[0]!.version).not.toBe(before.version);
  expect(readFileSync(join(copy, "packages/koa/CHANGELOG.md"), "utf8")).toContain(
    "A change that users notice.",
  );
});
