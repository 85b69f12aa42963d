import { stringify } from "csv-stringify/sync";
import { writeWhole } from "./files.ts";
import type { CellValue } from "./table.ts";

/**
 * A table as CSV: UTF-8, one header, line feeds, exact integers, `true` and `false`, and nothing
 * for null or a number that is not finite. Text that a spreadsheet would run as a formula is
 * quoted.
 *
 * @param columns the header, in order; every row must have exactly these
 */
export function csvText<Column extends string>(
  columns: readonly Column[],
  rows: readonly Readonly<Record<Column, CellValue>>[],
): string {
  for (const row of rows) checkColumns(columns, row);
  return stringify([...rows], {
    header: true,
    columns: [...columns],
    record_delimiter: "unix",
    escape_formulas: true,
    cast: {
      boolean: (value) => String(value),
      number: (value) => (Number.isFinite(value) ? String(value) : ""),
    },
  });
}

/** Writes {@link csvText} whole or not at all. */
export async function writeCsv<Column extends string>(
  path: string,
  columns: readonly Column[],
  rows: readonly Readonly<Record<Column, CellValue>>[],
): Promise<void> {
  await writeWhole(path, csvText(columns, rows));
}

function checkColumns(columns: readonly string[], row: Readonly<Record<string, CellValue>>): void {
  const missing = columns.filter((column) => !Object.hasOwn(row, column));
  const extra = Object.keys(row).filter((column) => !columns.includes(column));
  if (missing.length > 0 || extra.length > 0) {
    const got = `[${missing}] missing and [${extra}] besides`;
    throw new RangeError(`csv: a row must have exactly the columns of its header, got ${got}`);
  }
}
