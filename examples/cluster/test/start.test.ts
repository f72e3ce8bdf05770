import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("start.js says which program is missing, and how to do without it", () => {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  // Without any folder of programs.
  const { status, stderr } = spawnSync(process.execPath, ["start.js"], {
    cwd: folder,
    env: { PATH: folder, SERVER_FOLDERS: "" },
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toContain("Redis is not installed");
  expect(stderr).toContain("docker compose up");
});
