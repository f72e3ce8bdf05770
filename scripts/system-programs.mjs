import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The programs that tests start and npm cannot install, each with the Debian package it comes from. */
export const systemPrograms = {
  chromium: "chromium",
};

/**
 * The path of a program on PATH.
 * @param {string} name
 * @returns {string | undefined}
 */
export function findProgram(name) {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** The Debian packages to install before no test is left out. */
export function missingPackages() {
  return Object.entries(systemPrograms)
    .filter(([program]) => !findProgram(program))
    .map(([, debianPackage]) => debianPackage);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(missingPackages().join(" "));
