import { csvText } from "../io/csv.ts";
import { jsonText } from "../io/json-text.ts";
import { rowsText } from "../io/rows-text.ts";
import type { RowOf, TableSchema } from "../io/table.ts";
import type { OutputFormat } from "./options.ts";

/** Prints rows in a format to the standard output. */
export function printRows<Schema extends TableSchema>(
  schema: Schema,
  rows: readonly RowOf<Schema>[],
  format: OutputFormat,
): void {
  const texts = {
    text: () => rowsText(schema, rows),
    csv: () => csvText(schema, rows),
    json: () => jsonText(rows),
  };
  console.log(texts[format]().trimEnd());
}
