/** Comparison of two decoders' logits: the first difference, the largest, and what is allowed. */

/** Allowed error of a logit: `absolute + relative * s`, s the largest finite |logit| of its row. */
export interface ErrorBound {
  readonly absolute: number;
  readonly relative: number;
}

/**
 * Allowed difference of two logits: none in any bit, or a bound. A tolerance belongs to a decoder's
 * arithmetic, never to a law; arithmetics.ts has that of each arithmetic.
 */
export type Tolerance = "bitwise" | ErrorBound;

/** A logit outside the tolerance. */
export interface LogitDifference {
  /** Position of its row in the sequence, from 0. */
  readonly position: number;
  /** Vocabulary entry. */
  readonly token: number;
  readonly actual: number;
  readonly expected: number;
  /** |actual - expected| */
  readonly error: number;
  /** Largest error within the tolerance. */
  readonly allowed: number;
}

/**
 * Returns the first logit, by position and then by token, that is outside the tolerance; null if
 * there is none.
 *
 * @param start position of the first row
 * @throws {RangeError} if the shapes differ
 */
export function firstDifference(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
  tolerance: Tolerance,
  start = 0,
): LogitDifference | null {
  sameShape("rows of logits", actual.length, expected.length);
  for (const [i, row] of expected.entries()) {
    const position = start + i;
    sameShape(`logits at position ${position}`, actual[i].length, row.length);
    const allowed = allowance(row, tolerance);
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

/** Returns the largest |actual - expected| over all rows; NaN if any logit is NaN. */
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
export function describeDifference(difference: LogitDifference, what: string): string {
  const { position, token, actual, expected, error, allowed } = difference;
  const bound = allowed === 0 ? "not a bit" : allowed.toExponential(2);
  const off = `off by ${error.toExponential(2)}, ${bound} allowed`;
  const which = `the logit of token ${token} at position ${position}`;
  return `${what}: ${which} is ${actual}, but should be ${expected}: ${off}`;
}

/** Returns the largest error that the tolerance allows in this row. */
export function allowance(row: ArrayLike<number>, tolerance: Tolerance): number {
  if (tolerance === "bitwise") return 0;
  let largest = 0;
  for (let i = 0; i < row.length; i++) {
    if (Math.abs(row[i]) !== Infinity) largest = Math.max(largest, Math.abs(row[i]));
  }
  return tolerance.absolute + tolerance.relative * largest;
}

/** Returns the spread of a row: its largest finite logit minus its smallest; 0 without one. */
export function spreadOf(row: ArrayLike<number>): number {
  let [most, least] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i < row.length; i++) {
    if (!Number.isFinite(row[i])) continue;
    most = Math.max(most, row[i]);
    least = Math.min(least, row[i]);
  }
  return most < least ? 0 : most - least;
}

function sameShape(what: string, actual: number, expected: number): void {
  if (actual !== expected) {
    throw new RangeError(`compare: there must be ${expected} ${what}, got ${actual}`);
  }
}
