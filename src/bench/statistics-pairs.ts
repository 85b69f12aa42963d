/**
 * Comparison of two arms: log ratios of times that were taken side by side. Processes are the unit
 * of replication, because code and memory are placed differently in each: runs of one process are
 * not independent.
 */
import { type Random, seededRandom } from "../math/random.ts";
import { tCritical } from "./distributions.ts";
import { type Interval, mean, meanInterval, median, medianInterval } from "./statistics.ts";

/** A value, and the process in which it was measured. */
export interface Clustered {
  readonly process: number;
  readonly value: number;
}

export const intervalMethods = ["order_statistic", "t_over_processes", "t_over_rounds"] as const;

export type IntervalMethod = (typeof intervalMethods)[number];

export interface NamedInterval extends Interval {
  readonly method: IntervalMethod;
  /** The estimate: the median of all values, or the mean over processes or rounds. */
  readonly middle: number;
}

/**
 * Returns a 95 % interval of the middle of clustered values: the wider of the order statistics of
 * all of them and of t over the medians of processes. The first is right when processes do not
 * differ, the second when they do.
 *
 * @returns null for fewer than 6 values and 2 processes
 */
export function clusteredInterval(values: readonly Clustered[]): NamedInterval | null {
  const all = values.map(({ value }) => value);
  const processes = byProcess(values).map(median);
  return wider([
    named("order_statistic", median(all), medianInterval(all)),
    named("t_over_processes", mean(processes), meanInterval(processes)),
  ]);
}

/** Returns the wider of the t intervals of the mean over all values and over processes. */
export function clusteredMeanInterval(values: readonly Clustered[]): NamedInterval | null {
  const all = values.map(({ value }) => value);
  const processes = byProcess(values).map(mean);
  return wider([
    named("t_over_rounds", mean(all), meanInterval(all)),
    named("t_over_processes", mean(processes), meanInterval(processes)),
  ]);
}

function named(
  method: IntervalMethod,
  middle: number,
  interval: Interval | null,
): NamedInterval | null {
  return interval === null ? null : { method, middle, ...interval };
}

function wider(intervals: readonly (NamedInterval | null)[]): NamedInterval | null {
  const width = (interval: Interval) => interval.high - interval.low;
  return intervals.reduce((best, interval) => {
    if (best === null || interval === null) return best ?? interval;
    return width(interval) > width(best) ? interval : best;
  }, null);
}

/** Returns the values of each process, in the order of the processes' first values. */
export function byProcess(values: readonly Clustered[]): number[][] {
  return [...Map.groupBy(values, ({ process }) => process).values()].map((cluster) =>
    cluster.map(({ value }) => value),
  );
}

/**
 * Returns the interval of `a - b` from the intervals of a and b, measured in different runs: the
 * distance of each end is the root of the sum of the squared distances of the two ends it is made
 * of.
 *
 * @see Zou and Donner 2008, "Construction of confidence limits about effect measures"
 */
export function differenceInterval(a: NamedInterval, b: NamedInterval): Interval {
  const difference = a.middle - b.middle;
  const below = Math.hypot(a.middle - a.low, b.high - b.middle);
  const above = Math.hypot(a.high - a.middle, b.middle - b.low);
  return { low: difference - below, high: difference + above };
}

/**
 * Returns the probability, if neither arm were faster, of a mean at least as far from 0: over all
 * ways to flip the signs of up to 12 values, over 10,000 seeded ways for more.
 *
 * @see Good 2005, "Permutation, Parametric, and Bootstrap Tests of Hypotheses", section 3.2
 */
export function signFlipP(values: readonly number[]): number {
  const n = values.length;
  // Rounding must not make the observed sum seem larger than a flip that equals it.
  const observed = Math.abs(values.reduce((sum, value) => sum + value, 0)) * (1 - 1e-12);
  const asFar = (flip: (i: number) => boolean) =>
    Math.abs(values.reduce((sum, value, i) => sum + (flip(i) ? -value : value), 0)) >= observed;
  let count = 0;
  if (n <= 12) {
    for (let signs = 0; signs < 2 ** n; signs++) if (asFar((i) => (signs >> i) % 2 === 1)) count++;
    return count / 2 ** n;
  }
  const random: Random = seededRandom(n);
  const tries = 10_000;
  for (let i = 0; i < tries; i++) if (asFar(() => random() < 0.5)) count++;
  return (count + 1) / (tries + 1);
}

/**
 * Returns p-values of a family of tests with Holm's adjustment: the probability of any value below
 * 0.05, if there is no difference at all, is at most 5 %.
 *
 * @see Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure"
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a] - ps[b]);
  const adjusted = new Array<number>(ps.length);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, ps[i] * (ps.length - rank)));
    adjusted[i] = largest;
  }
  return adjusted;
}

/**
 * Returns the smallest log ratio that a repetition would detect with a probability of 80 %:
 * the half-width of its 95 % interval times `(t_0.025 + t_0.2) / t_0.025`.
 *
 * @param df degrees of freedom of the interval
 */
export function detectableEffect(interval: Interval, df: number): number {
  const half = (interval.high - interval.low) / 2;
  const found = tCritical(0.025, df);
  return (half * (found + tCritical(0.2, df))) / found;
}

/** Differences below 2 % are ignored. */
const leastDifference = Math.log(1.02);

/** `void_control_moved`: the control, one arm against itself, differs, so there is no verdict. */
export const timeVerdicts = [
  "faster",
  "slower",
  "equivalent",
  "inconclusive",
  "void_control_moved",
] as const;

export type TimeVerdict = (typeof timeVerdicts)[number];

/**
 * Returns the verdict on arm a against arm b from an interval of log ratios. A difference must lie
 * wholly beyond 2 %, and beyond the ends of the controls that are farthest from 0. Equivalence is
 * within 2 %. A control that lies wholly beyond 2 % voids the comparison.
 *
 * @param controls intervals of one arm against itself; null for too few values
 */
export function verdictOf(
  interval: Interval | null,
  controls: readonly (Interval | null)[],
): TimeVerdict {
  if (interval === null || controls.includes(null)) return "inconclusive";
  const known = controls as readonly Interval[];
  if (known.some((control) => isBeyond(control, leastDifference))) return "void_control_moved";
  const ends = known.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]);
  if (isBeyond(interval, Math.max(leastDifference, ...ends))) {
    return interval.low > 0 ? "slower" : "faster";
  }
  const isWithin = interval.low > -leastDifference && interval.high < leastDifference;
  return isWithin ? "equivalent" : "inconclusive";
}

function isBeyond({ low, high }: Interval, delta: number): boolean {
  return low > delta || high < -delta;
}
