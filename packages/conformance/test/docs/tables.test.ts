/**
 * Every option, field, error code, event and header is described in exactly one table, and the tables describe nothing
 * else. The options are compared with the types in both directions.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  entriesOf,
  exportsOf,
  filesOf,
  find,
  sourceOf,
  type Declaration,
} from "../doc-comments/public-api.js";
import { markdownFiles, readText, root } from "./markdown-files.js";
import { tablesOf, type Table } from "./markdown-tables.js";

interface Described {
  /** The interfaces whose members the table describes. */
  readonly types: readonly string[];
  readonly page: string;
  /** The header of the table's first column. No other table has it. */
  readonly header: string;
}

const OPTIONS = "docs/options.md";
const DESCRIBED: readonly (Described & { readonly source: string })[] = [
  described("core/src/stream/options.ts", "EventStreamOptions", OPTIONS, "option"),
  described("core/src/format/message.ts", "EventMessage", OPTIONS, "field of a message"),
  described("core/src/stream/event-stream.ts", "CloseOptions", OPTIONS, "option of stream.close()"),
  described("core/src/stream/event-stream-server.ts", "DrainOptions", OPTIONS, "option of events.close()"),
  described("core/src/channel/channel.ts", "ChannelOptions", OPTIONS, "option of createChannel()"),
  described(
    "core/src/channel/channel.ts",
    "SubscribeOptions",
    OPTIONS,
    "option of subscribe(stream, options)",
  ),
  described("core/src/channel/channel-message.ts", "MessageLabels", OPTIONS, "field of a published message"),
  described("core/src/channel/event-log.ts", "BoundedHistory", OPTIONS, "limit"),
  described("core/src/channel/event-log.ts", "CompleteHistory", OPTIONS, "field"),
  described("core/src/channel/channels.ts", "ChannelsOptions", OPTIONS, "option of createChannels()"),
  described(
    "core/src/channel/event-log.ts",
    "AppendOptions",
    OPTIONS,
    "option of log.append(drafts, options)",
  ),
  described("node/src/open.ts", "OpenOptions", "packages/node/README.md", "option of open()"),
  described("fastify/src/sse.ts", "SsePluginOptions", "packages/fastify/README.md", "option of the plugin"),
  described("relay/src/relay-options.ts", "RelayOptions", "packages/relay/README.md", "option of relay()"),
  described(
    "testing/src/read-events.ts",
    "ReadEventsOptions",
    "packages/testing/README.md",
    "option of readEvents()",
  ),
];

/** They make one option of another interface required, and describe nothing new. */
const NARROWED = ["ItemOptions", "OpenItemsOptions"];
/** Packages that describe all their options in tables of their own README. */
const OWN_README = ["redis", "nats", "answers"];
const PUBLISHED = ["core", "node", "express", "koa", "fastify", "hono", "relay", "testing", ...OWN_README];

function described(source: string, type: string, page: string, header: string) {
  return { source, types: [type], page, header };
}

const pages = new Map(markdownFiles().map((file) => [file, tablesOf(readText(file))]));
const tables: [page: string, table: Table][] = [...pages].flatMap(([page, found]) =>
  found.map((table): [string, Table] => [page, table]),
);

function membersOf(declarations: readonly Declaration[]): string[] {
  return declarations.flatMap(({ statement }) =>
    statement.type === "TSInterfaceDeclaration"
      ? statement.body.body.flatMap((member) =>
          "key" in member && member.key.type === "Identifier" ? [member.key.name] : [],
        )
      : [],
  );
}

function optionTypesOf(name: string): Declaration[] {
  return exportsOf(sourceOf(entriesOf(name)[0]!)).filter(
    (declaration) =>
      declaration.source.path.startsWith(`${name}/`) && /(?:Options|History)$/.test(declaration.name),
  );
}

describe("the options", () => {
  it.each(DESCRIBED)("of $types are those of the table in $page", ({ source, types, page, header }) => {
    const members = types.flatMap((type) => membersOf(find(sourceOf(source), type)));
    expect(members).not.toEqual([]);
    const table = pages.get(page)?.find((table) => table.header === header);
    expect(table, `${page} has no table with the header "${header}"`).toBeDefined();
    expect(table!.names.toSorted()).toEqual(members.toSorted());
  });

  it.each(OWN_README)("of @ssekit/%s are those of the tables in its README", (name) => {
    const members = membersOf(optionTypesOf(name));
    const names = (pages.get(`packages/${name}/README.md`) ?? [])
      .filter(({ header }) => header.startsWith("option"))
      .flatMap((table) => table.names);
    expect(names.toSorted()).toEqual(members.toSorted());
  });

  it.each(PUBLISHED.filter((name) => !OWN_README.includes(name)))(
    "of @ssekit/%s all have a table",
    (name) => {
      const known = [...DESCRIBED.flatMap(({ types }) => types), ...NARROWED];
      const unknown = optionTypesOf(name).filter(
        (type) => type.statement.type === "TSInterfaceDeclaration" && !known.includes(type.name),
      );
      expect(unknown.map((type) => type.name)).toEqual([]);
    },
  );

  it("are in no second table", () => {
    const headers = DESCRIBED.map(({ page, header }) => `${page}: ${header}`);
    const others = tables
      .filter(([page, { header }]) => header.startsWith("option") && !headers.includes(`${page}: ${header}`))
      .map(([page, { header }]) => `${page}: ${header}`)
      .filter((place) => !OWN_README.some((name) => place.startsWith(`packages/${name}/README.md`)));
    expect(others).toEqual([]);
  });
});

describe("the error codes", () => {
  const codes = [
    ...new Set(
      PUBLISHED.flatMap((name) => filesOf(entriesOf(name))).flatMap(
        ({ text }) => text.match(/ERR_SSE_[A-Z_]+/g) ?? [],
      ),
    ),
  ].toSorted();

  it("of the sources are those of the table, each in one row", () => {
    expect(codes.length).toBeGreaterThan(20);
    const described = tables.flatMap(([page, { names }]) =>
      names.filter((name) => name.startsWith("ERR_SSE_")).map((name) => `${name} in ${page}`),
    );
    expect(described.toSorted()).toEqual(codes.map((code) => `${code} in docs/errors.md`));
  });
});

describe("the table of events", () => {
  const tableOf = (header: string) =>
    pages.get("docs/events.md")!.find((table) => table.header === header)!.names;

  it("has every event that the packages send by themselves", () => {
    const sent = ["core", "answers"].flatMap((name) =>
      filesOf(entriesOf(name)).flatMap(({ text }) => {
        const code = text.replaceAll(/\/\*.*?\*\//gs, "").replaceAll(/\/\/.*$/gm, "");
        return [...code.matchAll(/\bevent: ((?:"\w+"(?: \| )?)+)/g)].flatMap((match) =>
          [...match[1]!.matchAll(/"(\w+)"/g)].map(([, event]) => event!),
        );
      }),
    );
    expect(sent).toContain("reset");
    expect(tableOf("event")).toEqual(expect.arrayContaining([...new Set(sent)]));
  });

  it("describes no event twice", () => {
    const events = tableOf("event");
    expect(events).toEqual([...new Set(events)]);
    expect(tables.filter(([, { header }]) => header === "event").map(([page]) => page)).toEqual([
      "docs/events.md",
    ]);
  });

  it("has every header that a response of ssekit gets", () => {
    const { text } = sourceOf("core/src/stream/response-headers.ts");
    const set = [...text.matchAll(/^ {4}"?([a-z-]+)"?: /gm)].map(([, name]) => name!);
    expect(set).toContain("cache-control");
    const named = tableOf("header").map((name) => name.toLowerCase());
    expect(named.toSorted()).toEqual([...new Set(set)].toSorted());
  });
});

describe("the check of tables", () => {
  it("reads the first column of each table, and no table inside of code", () => {
    const markdown =
      "| `a()` | x |\n| --- | --- |\n| `one`, `two(x)` | 1 |\n| three \\| `four` | 2 |\n\n```\n| b |\n| - |\n```\n";
    expect(tablesOf(markdown)).toEqual([{ header: "a()", names: ["one", "two", "four"] }]);
  });

  it("knows pages that exist", () => {
    for (const { page } of DESCRIBED) expect(existsSync(join(root, page)), page).toBe(true);
  });
});
