import * as v from "valibot";
import { type Columns, schemaVersion, type TableSchema, typeOf } from "../../io/table.ts";
import { type CellType, oneOf } from "./cell-types.ts";

/** The columns of a CSV, in order, each with its type. */
export interface Schema<Types extends Record<string, CellType<unknown>>> {
  /** Its place in the folder of reports. */
  readonly file: string;
  /** What is typed to write it. */
  readonly command: string;
  readonly columns: readonly string[];
  readonly types: Types;
  /** The type of all columns that follow: a matrix has a column for each of something. */
  readonly others: CellType<unknown> | null;
  /** Whether a header alone is right: a bench of part of the tasks leaves some tables so. */
  readonly mayBeEmpty: boolean;
}

/** A row as it is read. */
export type RowOf<Types extends Record<string, CellType<unknown>>> = {
  readonly [Column in keyof Types]: Types[Column] extends CellType<infer Value> ? Value : never;
};

/** Every column must have a type, which the compiler checks, and no type be left over. */
export function schema<Column extends string, Types extends Record<Column, CellType<unknown>>>(
  file: string,
  command: string,
  columns: readonly Column[],
  types: Types,
): Schema<Types> {
  const unknown = Object.keys(types).filter((name) => !columns.some((column) => column === name));
  if (unknown.length > 0) {
    throw new RangeError(`schema of ${file}: a type must have its column, got [${unknown}]`);
  }
  return { file, command, columns, types, others: null, mayBeEmpty: false };
}

/** The schema of a table that has one beside its rows; until all have. */
export function schemaOf<Named extends Columns>(
  table: TableSchema<Named>,
): Schema<{ [Name in keyof Named]: CellType<v.InferOutput<Named[Name]>> }> {
  const types = Object.fromEntries(
    Object.entries(table.columns).map(([name, column]) => {
      const read = (cell: string) => {
        const { success, output } = v.safeParse(column, cell);
        return success ? output : undefined;
      };
      return [name, { must: typeOf(column), read }];
    }),
  ) as { [Name in keyof Named]: CellType<v.InferOutput<Named[Name]>> };
  return { ...table, columns: Object.keys(table.columns), types, others: null };
}

/** The version of a table's columns, which every table has but the oldest. */
export const version = { schema_version: oneOf(schemaVersion as 1) };
