/** What a cell of a CSV may hold: how an error says it, and how it is read. */
export interface CellType<Value> {
  /** As in `must be a number`. */
  readonly must: string;
  /** The value that the text spells; undefined when it is none of this type. */
  readonly read: (text: string) => Value | undefined;
}

/** Text that is not blank. */
export const text: CellType<string> = {
  must: "text",
  read: (cell) => (cell === "" ? undefined : unescaped(cell)),
};

export const number: CellType<number> = {
  must: "a number",
  read: (cell) => (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(cell) ? finite(Number(cell)) : undefined),
};

/** An integer that a number holds exactly. */
export const integer: CellType<number> = {
  must: "an integer",
  read: (cell) => {
    const value = number.read(cell);
    return Number.isSafeInteger(value) ? value : undefined;
  },
};

/** An integer of any size: FLOPs, bytes and parameters are exact. */
export const count: CellType<bigint> = {
  must: "an integer",
  read: (cell) => (/^-?\d+$/.test(cell) ? BigInt(cell) : undefined),
};

export const boolean: CellType<boolean> = {
  must: "true or false",
  read: (cell) => (cell === "true" || cell === "false" ? cell === "true" : undefined),
};

/** A cell in which nothing ever stands: kept for readers who expect the column. */
export const blank: CellType<null> = {
  must: "blank",
  read: (cell) => (cell === "" ? null : undefined),
};

export function oneOf<const Value extends string | number>(
  ...values: readonly Value[]
): CellType<Value> {
  return {
    must: values.length === 1 ? String(values[0]) : `one of ${values.join(", ")}`,
    read: (cell) => values.find((value) => String(value) === cell),
  };
}

/** The type, or nothing: null. */
export function orBlank<Value>({ must, read }: CellType<Value>): CellType<Value | null> {
  return { must: `${must} or blank`, read: (cell) => (cell === "" ? null : read(cell)) };
}

/** One type for several columns. */
export function each<Value, const Column extends string>(
  type: CellType<Value>,
  ...columns: readonly Column[]
): Record<Column, CellType<Value>> {
  return Object.fromEntries(columns.map((column) => [column, type])) as Record<
    Column,
    CellType<Value>
  >;
}

/** Without the mark that keeps a spreadsheet from running a cell as a formula. */
function unescaped(cell: string): string {
  return /^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
