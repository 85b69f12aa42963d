/** Parts of docs/results.md that its sections share. */

import { repositoryPage } from "../../src/io/package-files.ts";
import type { TableName } from "../../src/report/schemas.ts";
import type { Table, Tables } from "../../src/report/tables.ts";

/** @throws {Error} if the table is absent */
export function rowsOf<Name extends TableName>(tables: Tables, name: Name) {
  const table: Table<Name> | undefined = tables[name];
  if (table !== undefined) return table.rows;
  throw new Error(`results: the published folder must have the table ${name}, got none`);
}

/** The address of files that are in the repository and not in the package. */
export const inRepository = `${repositoryPage}/blob/main`;

/** Returns the line that names the command of a section, and its tables. */
export function withCommand(command: string, ...tables: readonly string[]): string {
  const links = tables.map((table) => `[${table}](${inRepository}/reports/published/${table})`);
  return `Command: \`${command}\`. Data: ${links.join(", ")}.`;
}

export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
