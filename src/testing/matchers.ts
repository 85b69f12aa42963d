/**
 * Matchers for logits in the tests of any runner with `expect.extend`. `causalgate/vitest` and
 * `causalgate/jest` add them to `expect`, with their types.
 */
import { derivedTolerances } from "../tolerance/arithmetics.ts";
import { describeDifference, firstDifference, type Tolerance } from "../tolerance/compare.ts";

/** One row of logits `[V]`, or the rows of several positions `[T][V]`. */
type LogitRows = ArrayLike<number> | readonly ArrayLike<number>[];

/** The matchers as methods of `expect(...)`; R is the result of a matcher in the runner. */
export interface LogitMatchers<R> {
  /**
   * Requires the logits of one position `[V]`, or of several `[T][V]`, to equal the expected ones
   * within a tolerance. Bit for bit by default. The message names the first difference.
   */
  toEqualLogits(expected: LogitRows, tolerance?: Tolerance): R;
  /** Requires probabilities: none negative or NaN, with a sum of 1 within `slack`, 1e-12. */
  toBeDistribution(slack?: number): R;
  /** Requires filtered logits to keep exactly these token ids: all others are -Infinity. */
  toHaveSupport(tokens: Iterable<number>): R;
}

interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** Matchers of logits and distributions for `expect.extend` of vitest or jest. */
export const logitMatchers = {
  toEqualLogits(actual: LogitRows, expected: LogitRows, tolerance: Tolerance = "bitwise") {
    const difference = firstDifference(rowsOf(actual), rowsOf(expected), tolerance);
    return matched(difference === null, () =>
      difference === null
        ? "toEqualLogits: the logits must differ, got the same"
        : describeDifference(difference, "toEqualLogits"),
    );
  },

  toBeDistribution(actual: ArrayLike<number>, slack = derivedTolerances.probability) {
    const probs = Array.from(actual);
    const sum = probs.reduce((total, p) => total + p, 0);
    const pass = probs.every((p) => p >= 0) && Math.abs(sum - 1) <= slack;
    const got = `a smallest entry of ${Math.min(...probs)} and a sum of ${sum}`;
    const must = "every entry must be at least 0 and the sum 1";
    return matched(pass, () =>
      pass
        ? `toBeDistribution: it must not be one, got ${got}`
        : `toBeDistribution: ${must}, got ${got}`,
    );
  },

  toHaveSupport(actual: ArrayLike<number>, tokens: Iterable<number>) {
    const kept = [...Array.from(actual).keys()].filter((id) => actual[id] !== -Infinity);
    const wanted = [...new Set(tokens)].toSorted((a, b) => a - b);
    const pass = kept.join() === wanted.join();
    return matched(pass, () =>
      pass
        ? `toHaveSupport: the kept tokens must not be [${wanted}]`
        : `toHaveSupport: the kept tokens must be [${wanted}], got [${kept}]`,
    );
  },
};

function matched(pass: boolean, message: () => string): MatcherResult {
  return { pass, message };
}

function rowsOf(rows: LogitRows): readonly ArrayLike<number>[] {
  return isRow(rows) ? [rows] : rows;
}

function isRow(rows: LogitRows): rows is ArrayLike<number> {
  return rows.length === 0 || typeof rows[0] === "number";
}
