/** Tables as CSV: UTF-8, one header, line feeds. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import * as v from "valibot";
import { writeWhole } from "./files.ts";
import { type AnyRow, type Column, type RowOf, type TableSchema, typeOf } from "./table.ts";

/**
 * Returns a table as CSV: exact integers, `true` and `false`, and a blank cell for null and for a
 * number that is not finite. Text that a spreadsheet would run as a formula is escaped.
 *
 * @throws {RangeError} if a row does not have exactly the columns of the table
 */
export function csvText<Schema extends TableSchema>(
  schema: Schema,
  rows: readonly RowOf<Schema>[],
): string {
  const columns = Object.keys(
    schema.further === null ? schema.columns : (rows[0] ?? schema.columns),
  );
  for (const row of rows) checkColumns(schema.file, columns, row);
  return stringify([...rows], {
    header: true,
    columns,
    record_delimiter: "unix",
    escape_formulas: true,
    cast: {
      boolean: (value) => String(value),
      number: (value) => (Number.isFinite(value) ? String(value) : ""),
    },
  });
}

function checkColumns(file: string, columns: readonly string[], row: AnyRow): void {
  const missing = columns.filter((column) => !Object.hasOwn(row, column));
  const extra = Object.keys(row).filter((column) => !columns.includes(column));
  if (missing.length > 0 || extra.length > 0) {
    const got = `[${missing}] missing and [${extra}] in addition`;
    throw new RangeError(`${file}: a row must have exactly the columns of its table, got ${got}`);
  }
}

/** Writes a table into a folder, completely or not at all, and returns the path of its file. */
export async function writeTable<Schema extends TableSchema>(
  folder: string,
  schema: Schema,
  rows: readonly RowOf<Schema>[],
): Promise<string> {
  const path = join(folder, schema.file);
  await writeWhole(path, csvText(schema, rows));
  return path;
}

/**
 * Reads a table from a file.
 *
 * @throws {RangeError} if the file is damaged, empty or another table, naming file, row (the header
 *   is row 1) and column
 */
export async function readTable<Schema extends TableSchema>(
  path: string,
  schema: Schema,
): Promise<RowOf<Schema>[]> {
  return parseTable(path, await readFile(path), schema);
}

/**
 * Returns the rows of a CSV.
 *
 * @param path names the file in errors
 * @throws {RangeError} as {@link readTable}
 */
export function parseTable<Schema extends TableSchema>(
  path: string,
  bytes: Uint8Array,
  schema: Schema,
): RowOf<Schema>[] {
  const [header, ...records] = parseCsv(path, bytes);
  const columns = columnsOf(path, header, schema);
  const names = Object.keys(columns);
  const rowSchema = v.object(columns);
  if (records.length === 0 && !schema.mayBeEmpty) {
    throw new RangeError(`${path}: there must be at least one row, got only a header`);
  }
  return records.map((cells, i) => {
    const row = `${path} row ${i + 2}`;
    if (cells.length !== names.length) {
      throw new RangeError(`${row}: there must be ${names.length} cells, got ${cells.length}`);
    }
    const named = Object.fromEntries(names.map((name, at) => [name, cells[at]]));
    const { issues, output } = v.safeParse(rowSchema, named, { abortEarly: true });
    if (issues === undefined) return output as RowOf<Schema>;
    const name = String(issues[0].path?.[0].key);
    const got = quoted(cells[names.indexOf(name)]);
    throw new RangeError(`${row}, column ${name}: must be ${typeOf(columns[name])}, got ${got}`);
  });
}

function parseCsv(path: string, bytes: Uint8Array): string[][] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RangeError(`${path}: must be UTF-8, got other bytes`, { cause });
  }
  if (text.trim() === "") throw new RangeError(`${path}: must have a header, got an empty file`);
  try {
    return parse(text, { relax_column_count: true });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const row = `${path} row ${Number(cause.records) + 1}`;
    throw new RangeError(`${row}: must be CSV: ${cause.message}`, { cause });
  }
}

/** Returns the columns of a header, which must be those of the table, in order. */
function columnsOf(
  path: string,
  header: readonly string[],
  { columns, further }: TableSchema,
): Record<string, Column> {
  const names = Object.keys(columns);
  for (const [at, name] of names.entries()) {
    if (header[at] === name) continue;
    const got = header[at] === undefined ? "none" : quoted(header[at]);
    throw new RangeError(`${path} row 1, column ${at + 1}: must be ${name}, got ${got}`);
  }
  const twice = header.find((name, at) => name === "" || header.indexOf(name) < at);
  if (twice !== undefined) {
    const must = "each column must have a different name";
    throw new RangeError(`${path} row 1: ${must}, got ${quoted(twice)} again`);
  }
  const others = header.slice(names.length);
  if (further === null && others.length > 0) {
    const at = names.length + 1;
    throw new RangeError(`${path} row 1, column ${at}: must be absent, got ${quoted(others[0])}`);
  }
  return { ...columns, ...Object.fromEntries(others.map((name) => [name, further!])) };
}

function quoted(cell: string): string {
  return JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}...` : cell);
}
