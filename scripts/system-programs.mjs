import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Programs that tests start and that npm cannot install. Each has the name of its Debian package. */
export const systemPrograms = {
  chromium: "chromium",
  "firefox-esr": "firefox-esr",
  nginx: "nginx",
  haproxy: "haproxy",
  "redis-server": "redis-server",
  "nats-server": "nats-server",
};

// Debian installs servers here, and only root has these folders on PATH.
const SERVER_FOLDERS = ["/usr/local/sbin", "/usr/sbin"];

/**
 * Finds a program on PATH, or where Debian installs servers, and returns its path.
 * @param {string} name
 * @returns {string | undefined}
 */
export function findProgram(name) {
  return [...(process.env.PATH ?? "").split(delimiter), ...SERVER_FOLDERS]
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Returns the Debian packages that are missing, without which some tests are skipped. */
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
