/**
 * Reports of the comparisons that laws make: the runner learns how near each came to its tolerance,
 * without a law or a tolerance that carries a callback.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  allowance,
  firstDifference,
  type LogitDifference,
  largestError,
  spreadOf,
  type Tolerance,
} from "./compare.ts";

/** One comparison of logits or log-probabilities that was not bit for bit. */
export interface Comparison {
  readonly error: number;
  readonly allowed: number;
  /** `allowed` as a share of the spread of the row; absent if it has none, or is no row. */
  readonly share?: number;
}

const observers = new AsyncLocalStorage<(comparison: Comparison) => void>();

/** Runs `action` and calls `observe` for every comparison reported in it, also after an await. */
export function observeComparisons<T>(
  observe: (comparison: Comparison) => void,
  action: () => T,
): T {
  return observers.run(observe, action);
}

export function reportComparison(comparison: Comparison): void {
  observers.getStore()?.(comparison);
}

/**
 * As {@link firstDifference}, and reports the largest error of each row before the difference, if
 * anything observes and the rows may differ at all.
 */
export function observedDifference(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
  tolerance: Tolerance,
  start = 0,
): LogitDifference | null {
  const difference = firstDifference(actual, expected, tolerance, start);
  const observe = observers.getStore();
  if (observe === undefined || tolerance === "bitwise") return difference;
  const within = difference === null ? expected.length : difference.position - start;
  for (const [i, row] of expected.slice(0, within).entries()) {
    const allowed = allowance(row, tolerance);
    const spread = spreadOf(row);
    const error = largestError([actual[i]], [row]);
    observe({ error, allowed, ...(spread > 0 && { share: allowed / spread }) });
  }
  return difference;
}
