import { accessSync, constants, existsSync } from "node:fs";
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

/** Fonts without which pages have empty boxes, by their Debian package. Each has a file that the package installs. */
export const systemFonts = {
  "fonts-noto-color-emoji": "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
  "fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
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

/** Returns the Debian packages that are missing: tests are skipped without the programs, and pages differ without the fonts. */
export function missingPackages() {
  const programs = Object.entries(systemPrograms)
    .filter(([program]) => !findProgram(program))
    .map(([, debianPackage]) => debianPackage);
  const fonts = Object.entries(systemFonts)
    .filter(([, file]) => !existsSync(file))
    .map(([debianPackage]) => debianPackage);
  return [...programs, ...fonts];
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
