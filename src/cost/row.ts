/** Rows of tables that have no schema beside them yet. */
import type { CellValue } from "../io/table.ts";

export { schemaVersion } from "../io/table.ts";
export type Row<Column extends string> = Readonly<Record<Column, CellValue>>;
