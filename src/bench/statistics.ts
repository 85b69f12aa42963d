/**
 * Statistics of one list of times, robust against one-sided noise: a busy machine makes a run
 * slower, never faster. No sample is dropped.
 */
import jstat from "jstat";
import { coinRank } from "./distributions.ts";

/** From `low` to `high`, both included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const confidence = 0.95;
const tail = (1 - confidence) / 2;

export const { mean, median, meddev: medianDeviation } = jstat;

/** Returns the standard deviation of a sample, `sqrt(sum (x - mean)^2 / (n - 1))`. */
export function deviation(values: readonly number[]): number {
  return jstat.stdev(values, true);
}

/**
 * Returns a 95 % interval of the median from order statistics: the k-th smallest to the k-th
 * largest value, k as large as the binomial distribution allows, for noise of any shape.
 *
 * @returns null for fewer than 6 values: even the smallest and the largest enclose the median with
 *   less than 95 %
 * @see Conover 1999, "Practical Nonparametric Statistics", section 3.2
 */
export function medianInterval(values: readonly number[]): Interval | null {
  const k = coinRank(values.length, tail);
  if (k === 0) return null;
  const sorted = ascending(values);
  return { low: sorted[k - 1], high: sorted[sorted.length - k] };
}

/**
 * Returns a 95 % interval of the mean by Student's t.
 *
 * @returns null for fewer than 2 values
 */
export function meanInterval(values: readonly number[]): Interval | null {
  if (values.length < 2) return null;
  const [low, high] = jstat.tci(mean(values), 1 - confidence, values);
  return { low, high };
}

/**
 * Returns the smallest value that a share of `p` does not exceed. The sample must be large enough:
 * with `n >= ln 0.025 / ln p` values one lies above the true percentile with 97.5 %.
 *
 * @returns null for fewer values: 36 for p90, 72 for p95, 368 for p99
 */
export function percentile(values: readonly number[], p: number): number | null {
  const enough = Math.log(tail) / Math.log(p);
  return values.length < enough ? null : ascending(values)[Math.ceil(p * values.length) - 1];
}

/**
 * Returns the number of values outside Tukey's fences: mild ones beyond 1.5 interquartile ranges
 * from the quartiles, severe ones beyond 3.
 */
export function outliers(values: readonly number[]): { mild: number; severe: number } {
  const [low, high] = jstat.quantiles(values, [0.25, 0.75], 1, 1);
  const beyond = (ranges: number) => {
    const fence = ranges * (high - low);
    return values.filter((value) => value < low - fence || value > high + fence).length;
  };
  return { mild: beyond(1.5) - beyond(3), severe: beyond(3) };
}

/**
 * Returns the correlation of each value with the one before it, in the order of execution.
 *
 * @returns null for fewer than 3 values, or equal ones
 */
export function lag1(values: readonly number[]): number | null {
  const centre = mean(values);
  const residuals = values.map((value) => value - centre);
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0);
  if (values.length < 3 || squares === 0) return null;
  const products = residuals.slice(1).map((residual, i) => residual * residuals[i]);
  return products.reduce((sum, product) => sum + product, 0) / squares;
}

/**
 * Returns the number of independent values of equal precision: `n (1 - r) / (1 + r)`, at most n.
 */
export function effectiveSize(n: number, autocorrelation: number | null): number {
  const r = Math.max(0, autocorrelation ?? 0);
  return (n * (1 - r)) / (1 + r);
}

/**
 * Returns the change of the values from the first to the last, as a share of their median: the
 * median of all slopes between two of them, which a few spikes do not move.
 *
 * @returns null for fewer than 3 values
 * @see Sen 1968, "Estimates of the Regression Coefficient Based on Kendall's Tau"
 */
export function drift(values: readonly number[]): number | null {
  if (values.length < 3) return null;
  const slopes = values.flatMap((later, j) =>
    values.slice(0, j).map((earlier, i) => (later - earlier) / (j - i)),
  );
  return (median(slopes) * (values.length - 1)) / median(values);
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
