/**
 * The doc comments of everything that an app or an adapter can import.
 *
 * The rule:
 *
 * - **First sentence.** Every exported symbol, every member of an exported interface, object type or class, and every
 *   member that is added to `Express.Response`, Koa's context, Hono's variables or the namespace `Ssekit` has a doc
 *   comment. It begins with a sentence that stands alone: at least three words, a capital letter (or code) at the
 *   beginning, a full stop at the end, and not "The same …", "It …", "As …", "Also …". Each overload has its own.
 *   Types of the same file that a public type names count as public, for editors show them. The alternatives of a
 *   union are explained in the comment of the union.
 * - **`@default`.** Every optional member of an interface whose name ends in `Options` or `History` has a `@default`
 *   with text: the value, or `none` or `no limit` where there is no value.
 * - **`@example`.** Needed on: every function and class that a main entry point exports, unless it is an error; every
 *   method of `EventStream`, `Channel`, `Channels` and `EventStreamServer` that takes an argument; every method that is
 *   added to a framework's context. One of several overloads has it. The adapter entry points need no examples.
 *
 * A class or an interface inherits the comments of the members of those that it extends and implements. Private members, `#names`,
 * constructors and members of a class whose name is a symbol need none.
 */
import { describe, expect, it } from "vitest";
import { augmentationFaults, faultsOf } from "./doc-comments/faults.js";
import { entriesOf, exportsOf, filesOf, parse, sourceOf } from "./doc-comments/public-api.js";

const PUBLISHED = [
  "core",
  "node",
  "express",
  "koa",
  "fastify",
  "hono",
  "relay",
  "testing",
  "redis",
  "nats",
  "answers",
];

describe("the doc comments of the public symbols", () => {
  it.each(PUBLISHED)("are complete in @ssekit/%s", (name) => {
    const entries = entriesOf(name);
    const main = exportsOf(sourceOf(entries[0]!));
    expect(main).not.toEqual([]);
    const adapter = entries.slice(1).flatMap((entry) => exportsOf(sourceOf(entry)));
    const faults = [
      ...faultsOf(main),
      ...faultsOf(
        adapter.filter((declaration) => !main.includes(declaration)),
        { examples: false },
      ),
      ...filesOf(entries).flatMap(augmentationFaults),
    ];
    // What a package exports of another one is checked there.
    expect(faults.filter((fault) => fault.startsWith(`${name}/`))).toEqual([]);
  });
});

describe("the check of the doc comments", () => {
  const faults = (text: string): string[] => {
    const source = parse("file.ts", text);
    return [...faultsOf(exportsOf(source)), ...augmentationFaults(source)].map((fault) =>
      fault.replace("file.ts:", ""),
    );
  };

  it.each([
    ["export const x = 1;", "1 x: no doc comment"],
    ["/* Not a doc comment. */ export const x = 1;", "1 x: no doc comment"],
    ["/** Makes a thing. */\nconst y = 1;\nexport const x = 1;", "3 x: no doc comment"],
    ["/** @see there */ export const x = 1;", "1 x: no first sentence"],
    ["/** What is given */ export const x = 1;", "1 x: the first sentence has no full stop"],
    ["/** The same for items. */ export const x = 1;", "1 x: the first sentence does not stand alone"],
    ["/** Makes a thing. */ export function f() {}", "1 f: no @example"],
    ["/** Makes a thing. */ export class Thing {}", "1 Thing: no @example"],
    ["/** What is given. */ export interface A {\n  b: string;\n}", "2 A.b: no doc comment"],
    [
      "/** What is given. */ export interface AOptions { /** It is b. */ b: 1 }",
      "1 AOptions.b: the first sentence does not stand alone",
    ],
    [
      "/** What is given. */ export interface AOptions { /** Number of things. */ b?: 1 }",
      "1 AOptions.b: no @default",
    ],
    [
      "/** An open response. */ export interface EventStream { /** Sends a message. */ send(m: 1): 1 }",
      "1 EventStream.send: no @example",
    ],
    [
      "interface B { c: 1 }\n/** What is given. */ export interface A extends B {}",
      "1 B.c: no doc comment",
      "1 B: no doc comment",
    ],
    [
      "declare global { namespace Express { interface Response { sse(source: 1): 1 } } }",
      "1 global.Express.Response.sse: no doc comment",
      "1 global.Express.Response.sse: no @example",
    ],
    [
      'declare module "koa" { interface Context { /** Opens a stream. */ sse(source: 1): 1 } }',
      '1 "koa".Context.sse: no @example',
    ],
    [
      "/** An open response. */ export interface EventStream {\n/** Ends the stream. */ end(): 1;\n/** Ends the stream late. */ end(m: 1): 1 }",
      "3 EventStream.end: no @example",
    ],
  ])("finds what is wrong in %j", (text, ...expected) => {
    expect(faults(text)).toEqual(expected);
  });

  it("does not take a type for public because a comment names it", () => {
    expect(faults("interface B { c: 1 }\n/** Like B, but new. */ export type A = /* B */ string;")).toEqual(
      [],
    );
  });

  it("accepts a file in which nothing is missing", () => {
    expect(
      faults(`
/**
 * Makes a thing.
 *
 * @example
 * make(1);
 */
export function make(a: 1): 1;
/** Makes a thing of text. */
export function make(a: string): 1;
export function make(a: unknown) { return 1 as const; }
/** How a thing is made. */
export interface MakeOptions {
  /**
   * Number of things.
   *
   * @default 1
   */
  // oxlint-disable-next-line some-rule
  count?: number;
  /** The thing's name. */
  name: string;
}
`),
    ).toEqual([]);
  });
});
