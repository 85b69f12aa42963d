/** The classes of the arguments of a batch. */
import { argument, illegalIds, listLengths, notCounts, type Operation } from "./argument.ts";

type Rows = readonly (readonly number[])[];

/** A call that appends tokens to the rows of a batch. */
export interface RowsCall {
  readonly rows: Rows;
  /** Tokens that every row holds. */
  readonly held: readonly number[];
  readonly context: number;
  readonly vocabSize: number;
}

/** A call that appends rows with padding: a column counts where its flag is true. */
export interface PaddedCall extends RowsCall {
  readonly counts: readonly (readonly boolean[])[];
}

/** A call that chooses among `count` rows. */
export interface SelectCall {
  readonly rows: readonly (number | null)[];
  readonly count: number;
}

export const startBatch: Operation<{ readonly rows: number }> = {
  name: "startBatch",
  arguments: [
    argument(
      "rows",
      ({ rows }: { readonly rows: number }) => rows,
      { none: (rows) => rows === 0, one: (rows) => rows === 1, several: (rows) => rows > 1 },
      notCounts,
    ),
  ],
};

const wrongNumber = {
  "too few": ({ length }: ArrayLike<unknown>, { held }: RowsCall) => length < held.length,
  "too many": ({ length }: ArrayLike<unknown>, { held }: RowsCall) => length > held.length,
};

const isTooLong = (rows: Rows, { held, context }: RowsCall) =>
  rows.some((row, i) => row.length > 0 && (held[i] ?? 0) + row.length > context);

export const batchAppend: Operation<RowsCall> = {
  name: "batch append",
  arguments: [
    argument("rows", ({ rows }: RowsCall) => rows, listLengths, wrongNumber),
    argument(
      "tokens of the rows",
      ({ rows }: RowsCall) => rows,
      {
        "none in any row": (rows) => rows.every(({ length }) => length === 0),
        "none in some rows": (rows) => rows.some(({ length }) => length === 0),
        "as many in every row": (rows) => rows.every(({ length }) => length === rows[0].length),
        "more in some rows": () => true,
      },
      { "more than fit": isTooLong },
    ),
    argument("ids", ({ rows }: RowsCall) => rows.flat(), { legal: () => true }, illegalIds),
  ],
};

/** Returns the tokens of the rows without their padding. */
const counted = ({ rows, counts }: PaddedCall): Rows =>
  rows.map((row, i) => row.filter((_, column) => counts[i]?.[column] ?? false));

/** Returns the sides on which a row has padding. */
function sidesOf(counts: readonly boolean[]): ("left" | "right" | "inside")[] {
  const [first, last] = [counts.indexOf(true), counts.lastIndexOf(true)];
  const inside = counts.slice(first, last).includes(false);
  return [
    ...(first > 0 ? ["left" as const] : []),
    ...(inside ? ["inside" as const] : []),
    ...(last < counts.length - 1 ? ["right" as const] : []),
  ];
}

const isWide = (row: ArrayLike<unknown>, { rows }: PaddedCall) => row.length !== rows[0].length;

export const appendPadded: Operation<PaddedCall> = {
  name: "appendPadded",
  arguments: [
    argument(
      "rows",
      ({ rows }: PaddedCall) => rows,
      { one: listLengths.one, several: listLengths.several },
      {
        ...wrongNumber,
        "another width": (rows, call) => rows.some((row) => isWide(row, call)),
      },
    ),
    argument(
      "counts",
      ({ counts }: PaddedCall) => counts,
      {
        "a row without a token": (counts) => counts.some((row) => !row.includes(true)),
        "no padding": (counts) => counts.every((row) => !row.includes(false)),
        "several sides": (counts) => new Set(counts.flatMap(sidesOf)).size > 1,
        left: (counts) => counts.flatMap(sidesOf).includes("left"),
        inside: (counts) => counts.flatMap(sidesOf).includes("inside"),
        right: () => true,
      },
      {
        ...wrongNumber,
        "another width": (counts, call) => counts.some((row) => isWide(row, call)),
      },
    ),
    argument(
      "tokens of the rows",
      counted,
      { "that fit": (rows, call) => !isTooLong(rows, call) },
      { "more than fit": isTooLong },
    ),
    argument("ids", (call: PaddedCall) => counted(call).flat(), { legal: () => true }, illegalIds),
  ],
};

const isSome = (rows: SelectCall["rows"], test: (row: number) => boolean) =>
  rows.some((row) => row !== null && test(row));

export const select: Operation<SelectCall> = {
  name: "select",
  arguments: [
    argument(
      "rows",
      ({ rows }: SelectCall) => rows,
      {
        none: listLengths.none,
        "with new rows": (rows) => rows.includes(null),
        "a row twice": (rows) => new Set(rows).size < rows.length,
        "without a row": (rows, { count }) => rows.length < count,
        "in order": (rows) => rows.every((row, i) => row === i),
        "in another order": () => true,
      },
      {
        "not a number": (rows) => isSome(rows, Number.isNaN),
        infinite: (rows) => rows.includes(Number.POSITIVE_INFINITY),
        negative: (rows) => isSome(rows, (row) => row < 0),
        fraction: (rows) => isSome(rows, (row) => !Number.isInteger(row)),
        "more than there are": (rows, { count }) => isSome(rows, (row) => row >= count),
      },
    ),
  ],
};
