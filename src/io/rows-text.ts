import type { CellValue, RowOf, TableSchema } from "./table.ts";
import { grouped, textTable } from "./text-table.ts";

/**
 * Returns rows of a table as text. Cells that all rows share are listed once, above the table; the
 * version of the schema and columns without a value are left out. A table with more columns than
 * rows is turned, so that each row becomes a column.
 *
 * @param columns the columns that are shown; all when absent
 */
export function rowsText<Schema extends TableSchema>(
  schema: Schema,
  rows: readonly RowOf<Schema>[],
  columns: readonly (keyof RowOf<Schema> & string)[] = Object.keys(schema.columns),
): string {
  const named = columns.filter((column) => column !== "schema_version");
  const isShared = (column: keyof RowOf<Schema>) =>
    rows.every((row) => row[column] === rows[0][column]);
  const shared = named
    .filter((column) => isShared(column) && rows[0][column] !== null)
    .map((column) => [column, cellText(rows[0][column])]);
  const own = named.filter((column) => !isShared(column));
  const cells = rows.map((row) => own.map((column) => cellText(row[column])));
  const parts = [aligned(shared)];
  if (own.length > rows.length) {
    const [head, ...rest] = own.map((column, i) => [column, ...cells.map((row) => row[i])]);
    parts.push(textTable(head, rest));
  } else if (own.length > 0) {
    parts.push(textTable(own, cells));
  }
  return parts.filter((part) => part !== "").join("\n");
}

/** Returns names and values in two columns. */
export function aligned(pairs: readonly (readonly string[])[]): string {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

/** Returns integers in full, in groups of three digits; other numbers with five digits. */
function cellText(cell: CellValue): string {
  if (cell === null) return "";
  if (typeof cell === "bigint") return grouped(cell);
  if (typeof cell !== "number") return String(cell);
  if (!Number.isFinite(cell)) return "";
  const rounded = Number.isInteger(cell) ? cell : Number(cell.toPrecision(5));
  return Number.isInteger(rounded) ? grouped(rounded) : String(rounded);
}
