import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync, type Comment, type Program, type Statement } from "oxc-parser";

const PACKAGES = fileURLToPath(new URL("../../../", import.meta.url));

/** A source file, parsed. */
export interface Source {
  /** Its path, from `packages` on. */
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
}

/** A statement that declares a name. The overloads of a function are several, and so are an interface and its constant. */
export interface Declaration {
  readonly name: string;
  readonly source: Source;
  /** From the `export` on, for the comment stands before it. */
  readonly start: number;
  readonly statement: Declaring;
}

type Declaring = Exclude<Statement, { type: "ExportNamedDeclaration" }>;

export function parse(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`);
  return { path, text, program, comments };
}

const sources = new Map<string, Source>();

/** Reads a source file of the packages. */
export function sourceOf(path: string): Source {
  let source = sources.get(path);
  if (source === undefined) {
    sources.set(path, (source = parse(path, readFileSync(join(PACKAGES, path), "utf8"))));
  }
  return source;
}

/** The entry points of a package that exist. */
export function entriesOf(name: string): string[] {
  return ["index", "adapter"]
    .map((entry) => `${name}/src/${entry}.ts`)
    .filter((path) => existsSync(join(PACKAGES, path)));
}

/** The file that an import names; `undefined` if it is of another project. */
function fileOf(specifier: string, from: Source): string | undefined {
  if (specifier.startsWith(".")) return join(dirname(from.path), specifier.replace(/\.js$/, ".ts"));
  const [, name, entry = "index"] = /^@ssekit\/([a-z]+)(?:\/([a-z]+))?$/.exec(specifier) ?? [];
  return name && `${name}/src/${entry}.ts`;
}

/** All declarations that a file exports, its own and those of the files that it exports from. */
export function exportsOf(source: Source): Declaration[] {
  return source.program.body.flatMap((statement) => {
    if (statement.type === "ExportAllDeclaration") {
      const file = fileOf(statement.source.value, source);
      return file === undefined ? [] : exportsOf(sourceOf(file));
    }
    if (statement.type !== "ExportNamedDeclaration") return [];
    if (statement.declaration !== null) return declarations(source, statement.declaration, statement.start);
    const from = statement.source === null ? source.path : fileOf(statement.source.value, source);
    if (from === undefined) return [];
    return statement.specifiers.flatMap(({ local }) =>
      find(sourceOf(from), local.type === "Literal" ? local.value : local.name),
    );
  });
}

/** The declarations of a name that a file has: its own, imported ones, or those that it exports from others. */
export function find(source: Source, name: string): Declaration[] {
  const own = declarationsOf(source).filter((declaration) => declaration.name === name);
  if (own.length > 0) return own;
  for (const statement of source.program.body) {
    if (statement.type !== "ImportDeclaration") continue;
    const file = fileOf(statement.source.value, source);
    const imported = statement.specifiers.find((specifier) => specifier.local.name === name);
    if (file !== undefined && imported !== undefined) return find(sourceOf(file), name);
  }
  return exportsOf(source).filter((declaration) => declaration.name === name);
}

/** What a file declares itself at its top. */
export function declarationsOf(source: Source): Declaration[] {
  return source.program.body.flatMap((statement) => {
    const isExport = statement.type === "ExportNamedDeclaration";
    const declared = isExport ? statement.declaration : statement;
    return declared === null ? [] : declarations(source, declared, statement.start);
  });
}

function declarations(source: Source, statement: Statement, start: number): Declaration[] {
  switch (statement.type) {
    case "VariableDeclaration":
      return statement.declarations.flatMap(({ id }) =>
        id.type === "Identifier" ? [{ name: id.name, source, start, statement }] : [],
      );
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "ClassDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return statement.id === null ? [] : [{ name: statement.id.name, source, start, statement }];
    default:
      return [];
  }
}

/** The files of a package from its entry points on. */
export function filesOf(entries: readonly string[]): Source[] {
  const files = new Map<string, Source>();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (files.has(path)) continue;
    const source = sourceOf(path);
    files.set(path, source);
    for (const statement of source.program.body) {
      if (!("source" in statement) || statement.source === null) continue;
      const { value } = statement.source;
      if (value.startsWith(".")) queue.push(fileOf(value, source)!);
    }
  }
  return [...files.values()];
}
