/** The columns of every table, as a table and as docs/tables.md. */
import { placeOf } from "../io/package-files.ts";
import { defineTable, meaningOf, type RowOf, type TableSchema, text, typeOf } from "../io/table.ts";
import { schemas } from "./schemas.ts";

export const columnsTable = defineTable({
  file: "columns.csv",
  command: "npx causalgate tables --format csv",
  about: "One column of one table.",
  columns: {
    file: text("file name of the table"),
    column: text("name of the column; * for every further column"),
    type: text("type of its cells"),
    meaning: text("meaning of its cells, with the unit"),
  },
});

const tables = [...Object.values<TableSchema>(schemas), columnsTable];

/** Returns one row for every column of every table. */
export function columnRows(): RowOf<typeof columnsTable>[] {
  return tables.flatMap(({ file, columns, further }) =>
    Object.entries({ ...columns, ...(further === null ? {} : { "*": further }) }).map(
      ([name, column]) => ({
        ...{ file, column: name, type: typeOf(column), meaning: meaningOf(column) },
      }),
    ),
  );
}

/** Returns docs/tables.md. */
export function tablesMarkdown(): string {
  const columns = Map.groupBy(columnRows(), ({ file }) => file);
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("*", "\\*");
  const sections = tables.flatMap(({ file, command, about }) => [
    `## ${file}`,
    "",
    `${about} Written by \`${command}\`${placeOf(command) === "" ? "" : " in a clone"}.`,
    "",
    "| column | type | meaning |",
    "| --- | --- | --- |",
    ...columns.get(file)!.map(({ column, type, meaning }) => {
      return `| \`${column}\` | ${cell(type)} | ${cell(meaning)} |`;
    }),
    "",
  ]);
  return [
    "# Tables",
    "",
    "Every table is a CSV in UTF-8 with one header and line feeds. A cell that does not apply is blank. Counts of FLOPs,",
    "bytes and parameters are exact integers of any size. A text that a spreadsheet would run as a formula starts with `'`.",
    "The first column of most tables is `schema_version`, which increases when a column is removed,",
    "renamed or moved, or changes its meaning.",
    "",
    "This page is the output of `npx causalgate tables`; `--json` and `--format csv` give the same as data.",
    "",
    ...sections,
  ].join("\n");
}
