/** The reports as they lie in a folder, read and checked cell by cell. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import { type PastRun, readRuns } from "../io/run-record.ts";
import type { CellType } from "./schema/cell-types.ts";
import { schemas, type TableName, type TableRow } from "./schema/index.ts";
import type { RowOf, Schema } from "./schema/schema.ts";

/** A table that was found. */
export interface Table<Name extends TableName> {
  /** Its place in the folder, with `/` between names. */
  readonly file: string;
  readonly rows: readonly TableRow<Name>[];
}

/** The tables of a folder by name; those that are not there, or have no rows, are absent. */
export type Tables = { readonly [Name in TableName]?: Table<Name> };

export interface Reports {
  readonly tables: Tables;
  /** The runs that wrote them, oldest first. */
  readonly runs: readonly PastRun[];
}

/**
 * Reads every table of {@link schemas} that a folder holds. One that is not there itself may be in
 * `published/`, the last full run that is kept in the repository.
 *
 * @throws {RangeError} on a table that is damaged, empty or foreign, naming file, row (the header
 *   is row 1) and column
 */
export async function readTables(folder: string): Promise<Reports> {
  const found: [TableName, Table<TableName>][] = [];
  for (const [name, schema] of Object.entries<AnySchema>(schemas)) {
    const places = [schema.file, `published/${schema.file}`];
    const file = places.find((place) => existsSync(join(folder, place)));
    if (file === undefined) continue;
    const path = join(folder, file);
    const rows = tableRows(path, await readFile(path), schema);
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

type AnyTypes = Record<string, CellType<unknown>>;
type AnySchema = Schema<AnyTypes>;

/**
 * The rows that the bytes of a CSV spell.
 *
 * @param path names the file in errors
 * @throws {RangeError} as {@link readTables}
 */
export function tableRows<Types extends AnyTypes>(
  path: string,
  bytes: Uint8Array,
  schema: Schema<Types>,
): RowOf<Types>[] {
  const [header, ...records] = parseCsv(path, bytes);
  const columns = columnsOf(path, header, schema);
  if (records.length === 0 && !schema.mayBeEmpty) {
    throw new RangeError(`${path}: there must be at least one row, got only a header`);
  }
  return records.map((cells, i) => {
    const row = `${path} row ${i + 2}`;
    if (cells.length !== columns.length) {
      throw new RangeError(`${row}: there must be ${columns.length} cells, got ${cells.length}`);
    }
    return Object.fromEntries(
      columns.map(([column, { must, read }], at) => {
        const value = read(cells[at]);
        if (value !== undefined) return [column, value];
        throw new RangeError(`${row}, column ${column}: must be ${must}, got ${quoted(cells[at])}`);
      }),
    ) as RowOf<Types>;
  });
}

function parseCsv(path: string, bytes: Uint8Array): string[][] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new RangeError(`${path}: must be UTF-8, got other bytes`, { cause: error });
  }
  if (text.trim() === "") throw new RangeError(`${path}: must have a header, got an empty file`);
  try {
    return parse(text, { relax_column_count: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new RangeError(
      `${path} row ${Number(error.records) + 1}: must be CSV: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

/** The columns of the header with their types, when they are those of the schema, in order. */
function columnsOf(
  path: string,
  header: readonly string[],
  { columns, types, others }: AnySchema,
): [string, CellType<unknown>][] {
  for (const [at, column] of columns.entries()) {
    if (header[at] === column) continue;
    const got = header[at] === undefined ? "none" : quoted(header[at]);
    throw new RangeError(`${path} row 1, column ${at + 1}: must be ${column}, got ${got}`);
  }
  const rest = header.slice(columns.length);
  const twice = header.find((column, at) => column === "" || header.indexOf(column) < at);
  if (twice !== undefined) {
    throw new RangeError(
      `${path} row 1: each column must have its own name, got ${quoted(twice)} again`,
    );
  }
  if (others === null && rest.length > 0) {
    const at = columns.length + 1;
    throw new RangeError(`${path} row 1, column ${at}: must be absent, got ${quoted(rest[0])}`);
  }
  return header.map((column) => [column, types[column] ?? others!]);
}

function quoted(cell: string): string {
  return JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}...` : cell);
}
