// Writes the address of the repository into each package that is published: its homepage, bugs and repository. npm needs
// them, and accepts a provenance statement only if `repository` is the repository that the package was built in.
//   node scripts/set-repository.mjs https://<host>/<owner>/<name>
//   node scripts/set-repository.mjs --check     fails if a package has no address, as before a release
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Checks an address and removes what is not part of it: a slash or `.git` at its end.
 * @param {string} text
 */
export function repositoryOf(text) {
  const expected = `Expected the address of the repository, such as https://<host>/<owner>/<name>, got "${text}"`;
  if (!URL.canParse(text)) throw new Error(expected);
  const { protocol, username, password, host, pathname, search, hash } = new URL(text);
  if (protocol !== "https:") throw new Error(`${expected}: it does not begin with https://`);
  if (username !== "" || password !== "") throw new Error(`${expected}: it contains a user or a password`);
  if (search !== "" || hash !== "") throw new Error(`${expected}: it has a query or a fragment`);
  const path = pathname.replace(/\/$/, "").replace(/\.git$/, "");
  if (!/^(\/[\w.-]+){2,}$/.test(path)) throw new Error(`${expected}: its path is not /<owner>/<name>`);
  return `https://${host}${path}`;
}

/**
 * Returns the manifests of the packages that are published, each with its folder.
 * @param {string} root
 */
function publishedPackages(root) {
  return readdirSync(join(root, "packages"))
    .map((name) => ({ directory: `packages/${name}`, file: join(root, "packages", name, "package.json") }))
    .filter(({ file }) => existsSync(file))
    .map((found) => ({ ...found, manifest: JSON.parse(readFileSync(found.file, "utf8")) }))
    .filter(({ manifest }) => !manifest.private);
}

/**
 * @param {string} repository
 * @param {string} directory
 */
function addresses(repository, directory) {
  return {
    homepage: `${repository}/tree/main/${directory}#readme`,
    bugs: `${repository}/issues`,
    repository: { type: "git", url: `git+${repository}.git`, directory },
  };
}

/**
 * Writes the address into all published packages, and returns their folders.
 * @param {string} text
 * @param {string} root
 */
export function setRepository(text, root) {
  const repository = repositoryOf(text);
  return publishedPackages(root).map(({ directory, file, manifest }) => {
    const { homepage, bugs, repository: place } = addresses(repository, directory);
    // In the order that the formatter keeps: around the license, which each package has.
    const entries = Object.entries(manifest)
      .filter(([name]) => !["homepage", "bugs", "repository"].includes(name))
      .flatMap((entry) =>
        entry[0] === "license"
          ? [["homepage", homepage], ["bugs", bugs], entry, ["repository", place]]
          : [entry],
      );
    writeFileSync(file, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
    return directory;
  });
}

/**
 * Returns the folders of the published packages whose addresses are missing, or differ from those of the others.
 * @param {string} root
 */
export function packagesWithoutRepository(root) {
  const packages = publishedPackages(root);
  const url = packages[0]?.manifest.repository?.url;
  if (url === undefined) return packages.map(({ directory }) => directory);
  const repository = url.replace(/^git\+/, "").replace(/\.git$/, "");
  return packages
    .filter(({ directory, manifest: { homepage, bugs, repository: found } }) => {
      const expected = addresses(repository, directory);
      return JSON.stringify({ homepage, bugs, repository: found }) !== JSON.stringify(expected);
    })
    .map(({ directory }) => directory);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const [argument = ""] = process.argv.slice(2);
  try {
    if (argument === "--check") {
      const missing = packagesWithoutRepository(root);
      if (missing.length > 0) {
        const command = "node scripts/set-repository.mjs https://<host>/<owner>/<name>";
        throw new Error(`The address of the repository is not set in ${missing.join(", ")}. Run: ${command}`);
      }
    } else {
      console.log(`Written: ${setRepository(argument, root).join(", ")}`);
    }
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exitCode = 1;
  }
}
