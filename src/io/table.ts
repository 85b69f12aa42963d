/**
 * The schema of a CSV table as one value: its file, its columns in order, and for each column the
 * type and the meaning of its cells. The row type, the reader and the documentation follow from it.
 */
import * as v from "valibot";

/** A cell of a row; null if the column does not apply. Counts that can be large are bigint. */
export type CellValue = string | number | bigint | boolean | null;

/** A row of any table. */
export type AnyRow = Readonly<Record<string, CellValue>>;

/** Reads a CSV cell; the title is the type in words, the description the meaning. */
export type Column<Value extends CellValue = CellValue> = v.GenericSchema<string, Value>;

/** Columns by name, in the order of the table. */
export type Columns = Readonly<Record<string, Column>>;

export interface TableSchema<Named extends Columns = Columns> {
  /** File name in a folder of reports. */
  readonly file: string;
  /** Command that writes the table. */
  readonly command: string;
  /** Sentence that states what a row is. */
  readonly about: string;
  readonly columns: Named;
  /** Type of every further column, where the table has one column per law; else null. */
  readonly further: Column | null;
  /** True if a table without rows is valid, as for a benchmark that was not selected. */
  readonly mayBeEmpty: boolean;
}

/** The rows of a table: {@link Column} outputs by column name. */
export type RowOf<Schema extends TableSchema> = {
  readonly [Name in keyof Schema["columns"]]: v.InferOutput<Schema["columns"][Name]>;
};

type TableOptions<Named extends Columns> = Pick<
  TableSchema<Named>,
  "file" | "command" | "about" | "columns"
> &
  Partial<Pick<TableSchema, "further" | "mayBeEmpty">>;

export function defineTable<const Named extends Columns>(
  table: TableOptions<Named>,
): TableSchema<Named> {
  return { further: null, mayBeEmpty: false, ...table };
}

/** Increases when a column is removed, renamed or moved, or changes its meaning. */
export const schemaVersion = 2 as const;

/** The first column of most tables. */
export const version: Column<typeof schemaVersion> = titled(
  v.pipe(
    v.literal(String(schemaVersion)),
    v.transform((): typeof schemaVersion => schemaVersion),
  ),
  String(schemaVersion),
  "version of the columns of this table",
);

/** A column of non-empty text. */
export function text(meaning: string): Column<string> {
  return titled(v.pipe(v.string(), v.nonEmpty(), v.transform(unescaped)), "text", meaning);
}

const decimal = v.pipe(
  v.string(),
  v.regex(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i),
  v.transform(Number),
  v.finite(),
);

export function number(meaning: string): Column<number> {
  return titled(decimal, "a number", meaning);
}

/** A column of integers that a JavaScript number holds exactly. */
export function integer(meaning: string): Column<number> {
  return titled(v.pipe(decimal, v.safeInteger()), "an integer", meaning);
}

/** A column of integers of any size, as FLOPs, bytes and parameters are. */
export function bigInteger(meaning: string): Column<bigint> {
  const digits = v.pipe(
    v.string(),
    v.regex(/^-?\d+$/),
    v.transform((cell) => BigInt(cell)),
  );
  return titled(digits, "an integer", meaning);
}

export function boolean(meaning: string): Column<boolean> {
  const words = v.pipe(
    v.picklist(["true", "false"]),
    v.transform((word) => word === "true"),
  );
  return titled(words, "true or false", meaning);
}

export function oneOf<const Word extends string>(
  words: readonly Word[],
  meaning: string,
): Column<Word> {
  return titled(v.picklist(words), `one of ${words.join(", ")}`, meaning);
}

/** The column with cells that may be blank: null. */
export function orBlank<Value extends CellValue>(column: Column<Value>): Column<Value | null> {
  const blank = v.pipe(
    v.literal(""),
    v.transform(() => null),
  );
  return titled(v.union([blank, column]), `${typeOf(column)} or blank`, meaningOf(column));
}

/** The two ends of the 95 % interval of another column; blank where there is no interval. */
export function interval<Low extends string, High extends string>(
  low: Low,
  high: High,
  of: string,
): Readonly<Record<Low | High, Column<number | null>>> {
  const end = (which: string) => orBlank(number(`${which} end of the 95 % interval of ${of}`));
  return { [low]: end("lower"), [high]: end("upper") } as Record<Low | High, Column<number | null>>;
}

function titled<Value extends CellValue>(
  cells: Column<Value>,
  type: string,
  meaning: string,
): Column<Value> {
  return v.pipe(cells, v.title(type), v.description(meaning));
}

/** The type of a column's cells in words, as in `must be a number`. */
export function typeOf(column: Column): string {
  return v.getTitle(column) ?? "";
}

/** The meaning of a column. */
export function meaningOf(column: Column): string {
  return v.getDescription(column) ?? "";
}

/** The cells of every column that may be blank, blank. */
export type BlankCells<Schema extends TableSchema> = {
  readonly [Name in keyof RowOf<Schema> as null extends RowOf<Schema>[Name]
    ? Name
    : never]: RowOf<Schema>[Name];
};

/** Blank cells for a row of which only some columns apply. */
export function blankCells<Schema extends TableSchema>({ columns }: Schema): BlankCells<Schema> {
  const names = Object.keys(columns).filter((name) => v.is(columns[name], ""));
  return Object.fromEntries(names.map((name) => [name, null])) as BlankCells<Schema>;
}

/** Removes the mark that keeps a spreadsheet from running a cell as a formula. */
function unescaped(cell: string): string {
  return /^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell;
}
