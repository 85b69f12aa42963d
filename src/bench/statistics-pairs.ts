/**
 * Two arms compared: log ratios of times that were taken side by side. Processes are the unit of
 * replication, as code and memory lie differently in each: runs of one process are not independent.
 */
import { type Random, seededRandom } from "../math/random.ts";
import { tCritical } from "./distributions.ts";
import { type Interval, mean, meanInterval, median, medianInterval } from "./statistics.ts";

/** A value, and the process that it was measured in. */
export interface Clustered {
  readonly process: number;
  readonly value: number;
}

export const intervalMethods = ["order_statistic", "t_over_processes", "t_over_rounds"] as const;

export type IntervalMethod = (typeof intervalMethods)[number];

export interface NamedInterval extends Interval {
  readonly method: IntervalMethod;
  /** What it is an interval of: the median of all values, or the mean over processes or rounds. */
  readonly middle: number;
}

/**
 * A 95 % interval of the middle of clustered values: the wider of the order statistics of all of
 * them and of t over the medians of processes. The first is right when processes do not differ, the
 * second when they do.
 *
 * @returns null where there are too few for either: 6 values, or 2 processes
 */
export function clusteredInterval(values: readonly Clustered[]): NamedInterval | null {
  const all = values.map(({ value }) => value);
  const processes = byProcess(values).map(median);
  return wider([
    named("order_statistic", median(all), medianInterval(all)),
    named("t_over_processes", mean(processes), meanInterval(processes)),
  ]);
}

/** As {@link clusteredInterval} for a mean: the wider of t over all values and over processes. */
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

/** The values of each process, in the order of the processes' first values. */
export function byProcess(values: readonly Clustered[]): number[][] {
  return [...Map.groupBy(values, ({ process }) => process).values()].map((cluster) =>
    cluster.map(({ value }) => value),
  );
}

/**
 * The interval of `a - b` from one interval of each, where a and b were measured apart: each side
 * is as far from the difference as the two sides that make it, squared and summed.
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
 * The probability, if neither arm were faster, of a mean at least as far from 0: over all ways to
 * flip the signs of the values up to 12 of them, over 10,000 seeded ways above.
 *
 * @see Good 2005, "Permutation, Parametric, and Bootstrap Tests of Hypotheses", section 3.2
 */
export function signFlipP(values: readonly number[]): number {
  const n = values.length;
  // Rounding must not make a flip that gives the observed sum back seem smaller than it.
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
 * Holm's adjustment: p-values of a family of tests such that one below 0.05 is a find even though
 * there were many chances of one.
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
 * The smallest difference that a repetition of the experiment would find with 80 %, as a log ratio:
 * the half-width of its 95 % interval times `(t_0.025 + t_0.2) / t_0.025`.
 *
 * @param df degrees of freedom of the interval
 */
export function detectableEffect(interval: Interval, df: number): number {
  const half = (interval.high - interval.low) / 2;
  const found = tCritical(0.025, df);
  return (half * (found + tCritical(0.2, df))) / found;
}

/** Differences below 2 % are nobody's concern. */
export const leastDifference = Math.log(1.02);

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
 * What an interval of log ratios says of arm a against arm b. A difference is one that lies wholly
 * beyond 2 %, and beyond whatever the controls may differ by: their farthest end from 0, not only
 * their width. Equivalence is within 2 %. A control that itself lies wholly beyond 2 % voids the
 * comparison.
 *
 * @param controls intervals of one arm against itself; null where there were too few values
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
