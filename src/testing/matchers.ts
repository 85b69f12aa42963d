/**
 * Matchers for logits, for people's own tests: `expect.extend(logitMatchers)` in vitest or jest.
 */
import { describeDifference, firstDifference, type Tolerance } from "../tolerance/compare.ts";

type Rows = readonly ArrayLike<number>[];

interface Result {
  readonly pass: boolean;
  readonly message: () => string;
}

export const logitMatchers = {
  /**
   * Rows of logits `[T][V]` are those expected, within a tolerance; bit for bit by default. The
   * message names the first position and token that differ.
   */
  toEqualLogits(actual: Rows, expected: Rows, tolerance: Tolerance = "bitwise"): Result {
    const difference = firstDifference(actual, expected, tolerance);
    return {
      pass: difference === null,
      message: () =>
        difference === null
          ? "toEqualLogits: the logits must differ, got the same"
          : describeDifference(difference, "toEqualLogits"),
    };
  },

  /** Probabilities: none negative, summing to 1 within `slack`. */
  toBeDistribution(actual: ArrayLike<number>, slack = 1e-12): Result {
    const probs = Array.from(actual);
    const sum = probs.reduce((total, p) => total + p, 0);
    const pass = probs.every((p) => p >= 0) && Math.abs(sum - 1) <= slack;
    const got = `${Math.min(...probs)} as the least and a sum of ${sum}`;
    return {
      pass,
      message: () => `toBeDistribution: no entry may be negative and the sum must be 1, got ${got}`,
    };
  },
};
