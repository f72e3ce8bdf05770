/** A table of a page. */
export interface Table {
  /** The header of its first column, without Markdown. */
  readonly header: string;
  /** What is in its first column in code, row by row. A call such as `close()` is given by its name. */
  readonly names: readonly string[];
}

const ROW = /^\|(?<cells>.*)\|\s*$/;

/** The tables of a page in Markdown. */
export function tablesOf(markdown: string): Table[] {
  const tables: Table[] = [];
  const lines = markdown.replaceAll(/^```.*?^```/gms, "").split("\n");
  for (let at = 0; at < lines.length; at++) {
    if (!ROW.test(lines[at]!) || !/^\|[-| :]+\|\s*$/.test(lines[at + 1] ?? "")) continue;
    const header = firstCell(lines[at]!).replaceAll("`", "");
    const names: string[] = [];
    for (at += 2; ROW.test(lines[at] ?? ""); at++) {
      for (const [, code] of firstCell(lines[at]!).matchAll(/`([^`]+)`/g))
        names.push(code!.replace(/\(.*$/, ""));
    }
    tables.push({ header, names });
  }
  return tables;
}

function firstCell(row: string): string {
  return (/^\|((?:\\\||[^|])*)\|/.exec(row)?.[1] ?? "").trim();
}
