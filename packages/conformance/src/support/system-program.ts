import { findProgram, systemPrograms } from "../../../../scripts/system-programs.mjs";

/**
 * The path of a program that npm cannot install, or `undefined` if it is missing. With SSEKIT_REQUIRE_ALL=1, a missing
 * program is an error. Usage: `describe.skipIf(!systemProgram("chromium"))`.
 */
export function systemProgram(name: keyof typeof systemPrograms): string | undefined {
  const path = findProgram(name);
  if (!path && process.env.SSEKIT_REQUIRE_ALL === "1") {
    throw new Error(`${name} is not on PATH: apt-get install -y ${systemPrograms[name]}`);
  }
  return path;
}
