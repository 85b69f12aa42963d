/** How two decoders' logits are compared: what may differ, by how much they do, and where first. */

/**
 * How far two logits may be apart: not a bit, or `absolute + relative * s`, where s is the largest
 * magnitude of the expected row. A tolerance belongs to a decoder's arithmetic, never to a law.
 */
export type Tolerance =
  | "bitwise"
  | {
      readonly absolute: number;
      readonly relative: number;
      /** Told of the largest error of every row that is compared, and of what was allowed. */
      readonly observe?: (error: number, allowed: number) => void;
    };

/**
 * How many times the noise floor of its arithmetic an engine may be off. Engines sum in other
 * orders than the definition does and have their own exponentials, and the floor is one sample of
 * such noise, which can be small by luck: ONNX Runtime in float32 used up to two thirds of this on
 * 300 generated models.
 */
export const headroom = 64;

/** One logit that is not what it should be. */
export interface Difference {
  /** Where in the sequence its row stands, from 0. */
  readonly position: number;
  /** The vocabulary entry. */
  readonly token: number;
  readonly actual: number;
  readonly expected: number;
  /** |actual - expected|, and how much of it the tolerance allows. */
  readonly error: number;
  readonly allowed: number;
}

/**
 * The first logit, by position and then by token, that is outside the tolerance.
 *
 * @param start the position of the first row
 * @throws {RangeError} when the shapes differ
 */
export function firstDifference(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
  tolerance: Tolerance,
  start = 0,
): Difference | null {
  sameShape("rows of logits", actual.length, expected.length);
  for (const [i, row] of expected.entries()) {
    const position = start + i;
    sameShape(`logits at position ${position}`, actual[i].length, row.length);
    const allowed = allowance(row, tolerance);
    if (tolerance !== "bitwise") tolerance.observe?.(largestError([actual[i]], [row]), allowed);
    for (let token = 0; token < row.length; token++) {
      const a = actual[i][token];
      const e = row[token];
      const error = Math.abs(a - e);
      // Written so that NaN is never within a tolerance.
      if (Object.is(a, e) || (tolerance !== "bitwise" && error <= allowed)) continue;
      return { position, token, actual: a, expected: e, error, allowed };
    }
  }
  return null;
}

/** The largest |actual - expected| over all rows; NaN when any logit is. */
export function largestError(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
): number {
  sameShape("rows of logits", actual.length, expected.length);
  let largest = 0;
  for (const [position, row] of expected.entries()) {
    for (let token = 0; token < row.length; token++) {
      largest = Math.max(largest, Math.abs(actual[position][token] - row[token]));
    }
  }
  return largest;
}

/** `WHAT: the logit of token … at position … is …, but should be …: off by …, … allowed` */
export function describeDifference(difference: Difference, what: string): string {
  const { position, token, actual, expected, error, allowed } = difference;
  const bound = allowed === 0 ? "not a bit" : allowed.toExponential(2);
  const off = `off by ${error.toExponential(2)}, ${bound} allowed`;
  const which = `the logit of token ${token} at position ${position}`;
  return `${what}: ${which} is ${actual}, but should be ${expected}: ${off}`;
}

/** How far from a logit of this row another may be. */
export function allowance(row: ArrayLike<number>, tolerance: Tolerance): number {
  if (tolerance === "bitwise") return 0;
  let largest = 0;
  for (let i = 0; i < row.length; i++) largest = Math.max(largest, Math.abs(row[i]));
  return tolerance.absolute + tolerance.relative * largest;
}

function sameShape(what: string, actual: number, expected: number): void {
  if (actual !== expected) {
    throw new RangeError(`compare: there must be ${expected} ${what}, got ${actual}`);
  }
}
