import type {
  Class,
  ClassElement,
  PropertyKey,
  Statement,
  TSInterfaceDeclaration,
  TSSignature,
  TSType,
} from "oxc-parser";
import { docCommentAt, firstSentenceFault, type DocComment } from "./doc-comment.js";
import { declarationsOf, find, type Declaration, type Source } from "./public-api.js";

/** The interfaces whose methods need an example when they take an argument. */
const WITH_EXAMPLES = ["EventStream", "Channel", "Channels", "EventStreamServer"];
const OF_OPTIONS = /(Options|History)$/;

/** What a symbol needs beside a first sentence. */
interface Needs {
  readonly example?: boolean;
  readonly default?: boolean;
}

/** A place that is documented: one signature of a function or a member. */
interface Place {
  readonly name: string;
  readonly start: number;
  readonly needs: Needs;
}

/** Returns the faults of the doc comments of the exported declarations, and of the declarations that they name in their file. */
export function faultsOf(exported: readonly Declaration[], { examples = true } = {}): string[] {
  const faults = new Set<string>();
  const seen = new Set<Declaration["statement"]>();
  const queue = [...exported];
  for (let declaration = queue.pop(); declaration !== undefined; declaration = queue.pop()) {
    if (seen.has(declaration.statement)) continue;
    seen.add(declaration.statement);
    const { source } = declaration;
    for (const fault of placeFaults(source, placesOf(declaration, examples))) faults.add(fault);
    queue.push(...namedBy(declaration));
  }
  return [...faults].toSorted();
}

/** What is missing in the doc comments of what a file adds to global namespaces and to other modules. */
export function augmentationFaults(source: Source): string[] {
  const faults: string[] = [];
  const visit = (statement: Statement, path: string): void => {
    if (statement.type === "ExportNamedDeclaration" && statement.declaration !== null) {
      visit(statement.declaration, path);
    } else if (statement.type === "TSModuleDeclaration") {
      const { id } = statement;
      const name = id.type === "Literal" ? `"${id.value}"` : "name" in id ? id.name : "";
      for (const inner of statement.body?.body ?? []) visit(inner, `${path}${name}.`);
    } else if (statement.type === "TSInterfaceDeclaration" && path !== "") {
      const name = path + statement.id.name;
      // An interface of another project has a doc comment there, and its members that are added here have none.
      const own: Place[] = path.includes("Ssekit.") ? [{ name, start: statement.start, needs: {} }] : [];
      const members = memberPlaces(name, statement.body.body, (_, hasParameters) => ({
        example: hasParameters,
      }));
      faults.push(...placeFaults(source, [...own, ...members]));
    }
  };
  for (const statement of source.program.body) visit(statement, "");
  return faults;
}

/** The places of one declaration: itself and its public members. */
function placesOf({ name, start, source, statement }: Declaration, examples: boolean): Place[] {
  const self = (needs: Needs): Place => ({ name, start, needs });
  switch (statement.type) {
    case "FunctionDeclaration": {
      const hasOverloads = find(source, name).some((other) => other.statement.type === "TSDeclareFunction");
      return hasOverloads ? [] : [self({ example: examples })]; // nobody sees the implementation's signature
    }
    case "TSDeclareFunction":
      return [self({ example: examples })];
    case "VariableDeclaration": {
      const [first] = statement.declarations;
      const type = first?.id.type === "Identifier" ? first.id.typeAnnotation?.typeAnnotation.type : undefined;
      return [self({ example: examples && (type === "TSConstructorType" || type === "TSFunctionType") })];
    }
    case "ClassDeclaration": {
      const isError = statement.superClass?.type === "Identifier" && statement.superClass.name === "Error";
      const members = memberPlaces(name, statement.body.body, () => ({}));
      return [self({ example: examples && !isError }), ...withoutInherited(source, statement, name, members)];
    }
    case "TSInterfaceDeclaration": {
      const members = memberPlaces(name, statement.body.body, memberNeeds(name, examples));
      return [self({}), ...withoutInherited(source, statement, name, members)];
    }
    case "TSTypeAliasDeclaration": {
      const literals = partsOf(statement.typeAnnotation).filter((part) => part.type === "TSTypeLiteral");
      return [
        self({}),
        ...literals.flatMap(({ members }) => memberPlaces(name, members, memberNeeds(name, examples))),
      ];
    }
    default:
      return [];
  }
}

function memberNeeds(owner: string, examples: boolean) {
  return (isOptional: boolean, hasParameters: boolean): Needs => ({
    default: OF_OPTIONS.test(owner) && isOptional,
    example: examples && hasParameters && WITH_EXAMPLES.includes(owner),
  });
}

/** The parts of an intersection. The alternatives of a union are explained by the comment of the whole. */
function partsOf(type: TSType): TSType[] {
  if (type.type === "TSParenthesizedType") return partsOf(type.typeAnnotation);
  return type.type === "TSIntersectionType" ? type.types.flatMap(partsOf) : [type];
}

function memberPlaces(
  owner: string,
  members: readonly (TSSignature | ClassElement)[],
  needsOf: (isOptional: boolean, hasParameters: boolean) => Needs,
): Place[] {
  return members.flatMap((member) => {
    if (!("key" in member) || member.key.type === "PrivateIdentifier") return [];
    if ("accessibility" in member && member.accessibility === "private") return [];
    const isOfClass = member.type === "MethodDefinition" || member.type === "PropertyDefinition";
    if (isOfClass && member.computed) return []; // protocols of the language and of runtimes
    const name = keyName(member.key);
    if (name === "constructor") return []; // the comment of the class is shown for it
    const isMethod = member.type === "TSMethodSignature";
    const needs = needsOf(
      "optional" in member && member.optional === true,
      isMethod && member.params.length > 0,
    );
    return [{ name: `${owner}.${name}`, start: member.start, needs }];
  });
}

function keyName(key: PropertyKey): string {
  return key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : "[symbol]";
}

/** The members whose comments are not inherited. */
function withoutInherited(
  source: Source,
  statement: Class | TSInterfaceDeclaration,
  owner: string,
  members: readonly Place[],
): Place[] {
  const inherited = inheritedNames(source, basesOf(statement));
  return members.filter((member) => !inherited.has(member.name.slice(owner.length + 1)));
}

/** The names of members whose comments a declaration inherits from its interfaces and base classes. */
function inheritedNames(source: Source, bases: readonly { type: string; name?: unknown }[]): Set<string> {
  const names = new Set<string>();
  const declared = bases.flatMap(({ name }) => (typeof name === "string" ? find(source, name) : []));
  for (const { source: file, statement } of declared) {
    if (statement.type !== "ClassDeclaration" && statement.type !== "TSInterfaceDeclaration") continue;
    for (const member of statement.body.body) if ("key" in member) names.add(keyName(member.key));
    for (const name of inheritedNames(file, basesOf(statement))) names.add(name);
  }
  return names;
}

function basesOf(statement: Class | TSInterfaceDeclaration): { type: string; name?: unknown }[] {
  if ("extends" in statement) return statement.extends.map(({ expression }) => expression);
  const interfaces = (statement.implements ?? []).map(({ expression }) => expression);
  return statement.superClass === null ? interfaces : [...interfaces, statement.superClass];
}

/** The types of the same file that a public interface or alias names. A hover shows their members too. */
function namedBy({ source, statement }: Declaration): Declaration[] {
  if (statement.type !== "TSInterfaceDeclaration" && statement.type !== "TSTypeAliasDeclaration") return [];
  const text = source.text.slice(statement.start, statement.end).replaceAll(/\/\*.*?\*\//gs, "");
  return declarationsOf(source).filter(
    (other) =>
      (other.statement.type === "TSInterfaceDeclaration" ||
        other.statement.type === "TSTypeAliasDeclaration") &&
      new RegExp(`\\b${other.name}\\b`).test(text),
  );
}

/** Of several signatures with one name each has a first sentence, and one has the example. */
function placeFaults(source: Source, places: readonly Place[]): string[] {
  const comments = places.map((place) => ({ place, comment: docCommentAt(source, place.start) }));
  const hasExample = (name: string): boolean =>
    declaredComments(source, name).some(({ tags }) => tags.get("example")) ||
    comments.some(({ place, comment }) => place.name === name && comment?.tags.get("example"));
  return comments.flatMap(({ place: { name, start, needs }, comment }) => {
    const missing: string[] = [];
    if (comment === undefined) missing.push("no doc comment");
    else {
      const fault = firstSentenceFault(comment);
      if (fault !== undefined) missing.push(fault);
      if (needs.default && !comment.tags.get("default")) missing.push("no @default");
    }
    const first = places.find((other) => other.name === name && other.needs.example);
    if (first?.start === start && !hasExample(name)) missing.push("no @example");
    const line = source.text.slice(0, start).split("\n").length;
    return missing.map((fault) => `${source.path}:${line} ${name}: ${fault}`);
  });
}

function declaredComments(source: Source, name: string): DocComment[] {
  return declarationsOf(source)
    .filter((declaration) => declaration.name === name)
    .flatMap(({ start }) => docCommentAt(source, start) ?? []);
}
