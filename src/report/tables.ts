/** The tables of a folder of reports, read and checked cell by cell. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readTable } from "../io/csv.ts";
import { type PastRun, readRuns } from "../io/run-record.ts";
import type { TableSchema } from "../io/table.ts";
import { schemas, type TableName, type TableRow } from "./schemas.ts";

/** A table of the folder. */
export interface Table<Name extends TableName> {
  /** Its path in the folder, with `/` between names. */
  readonly file: string;
  readonly rows: readonly TableRow<Name>[];
}

/** The tables of a folder by name; missing and empty ones are absent. */
export type Tables = { readonly [Name in TableName]?: Table<Name> };

export interface Reports {
  readonly tables: Tables;
  /** The runs that wrote them, oldest first. */
  readonly runs: readonly PastRun[];
}

/**
 * Reads every table of {@link schemas} that a folder holds. A table that is absent is looked for in
 * `published/`, the last full run that is kept in the repository.
 *
 * @throws {RangeError} if a table is damaged, empty or another table, naming file, row (the header
 *   is row 1) and column
 */
export async function readTables(folder: string): Promise<Reports> {
  const found: [TableName, Table<TableName>][] = [];
  for (const [name, schema] of Object.entries<TableSchema>(schemas)) {
    const places = [schema.file, `published/${schema.file}`];
    const file = places.find((place) => existsSync(join(folder, place)));
    if (file === undefined) continue;
    const rows = await readTable(join(folder, file), schema);
    if (rows.length === 0) continue;
    found.push([name as TableName, { file, rows } as unknown as Table<TableName>]);
  }
  const homes = new Set(
    ["", ...found.map(([, { file }]) => dirname(file))].map((home) => join(folder, home)),
  );
  const runs = (await Promise.all([...homes].map(readRuns))).flat();
  const inOrder = runs.sort((a, b) => a.run_id.localeCompare(b.run_id));
  return { tables: Object.fromEntries(found) as Tables, runs: inOrder };
}
