/** The statistics of the benchmarks, against tables and worked examples. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coinRank, fTail, tCritical, tTwoSided } from "../src/bench/distributions.ts";
import {
  deviation,
  drift,
  effectiveSize,
  lag1,
  mean,
  meanInterval,
  median,
  medianDeviation,
  medianInterval,
  outliers,
  percentile,
} from "../src/bench/statistics.ts";
import {
  exponent,
  lackOfFit,
  lastExponent,
  nonNegativeFit,
} from "../src/bench/statistics-growth.ts";
import {
  clusteredInterval,
  clusteredMeanInterval,
  detectableEffect,
  differenceInterval,
  holm,
  signFlipP,
  verdictOf,
} from "../src/bench/statistics-pairs.ts";
import { normal, seededRandom } from "../src/math/random.ts";
import { property, seed } from "./support.ts";

describe("distributions", () => {
  test("t has the critical values of published tables", () => {
    const table = [
      [0.025, 1, 12.706],
      [0.025, 2, 4.303],
      [0.025, 5, 2.571],
      [0.025, 10, 2.228],
      [0.025, 30, 2.042],
      [0.005, 10, 3.169],
      [0.2, 5, 0.92],
      [0.025, 1000, 1.962],
    ];
    for (const [tail, df, t] of table) expect(tCritical(tail, df)).toBeCloseTo(t, 3);
    expect(tTwoSided(0, 7)).toBe(1);
    expect(tTwoSided(2.571, 5)).toBeCloseTo(0.05, 4);
  });

  test("F has the critical values of published tables", () => {
    for (const [df1, df2, f] of [
      [1, 10, 4.965],
      [5, 10, 3.326],
      [10, 10, 2.978],
      [3, 60, 2.758],
    ]) {
      expect(fTail(f, df1, df2)).toBeCloseTo(0.05, 4);
    }
    expect(fTail(0, 3, 7)).toBe(1);
  });

  test("with one degree of freedom F is the square of t", () => {
    for (const t of [0.1, 1, 2.5, 9]) expect(fTail(t * t, 1, 6)).toBeCloseTo(tTwoSided(t, 6), 12);
  });

  // From mpmath with 40 digits: the tail of t, the critical value of t, the tail of F.
  test.for([
    [tTwoSided(2, 1000), 0.04577034649325164],
    [tTwoSided(2.571, 1000), 0.010284167609242],
    [tTwoSided(50, 1000), 2.758672412325165e-274],
    [tTwoSided(0.01, 1), 0.9936340144701835],
    [tCritical(0.025, 1), 12.7062047361747],
    [tCritical(0.025, 59), 2.000995378088268],
    [tCritical(0.2, 1), 1.376381920471174],
    [tCritical(0.005, 1000), 2.580754698065951],
    [fTail(3, 1, 500), 0.0838812364464629],
    [fTail(10, 5, 500), 3.90792785964042e-9],
    [fTail(500, 2, 30), 9.210017390034393e-24],
  ])("%d is %d to seven digits, as the tables need five", ([computed, exact]) => {
    expect(Math.abs(computed / exact - 1)).toBeLessThan(3e-7);
  });

  test("the rank of the interval of a median is the largest with at most 2.5 % outside, exactly", () => {
    for (const n of [1, 5, 6, 8, 9, 20, 100, 367, 2000]) {
      const k = coinRank(n, 0.025);
      // The probability of fewer than k heads: the sum of C(n, i) for i < k, over 2^n.
      let choices = 1n;
      let outside = 0n;
      for (let i = 0; i < k; i++) {
        outside += choices;
        choices = (choices * BigInt(n - i)) / BigInt(i + 1);
      }
      expect(40n * outside <= 2n ** BigInt(n)).toBe(true);
      expect(40n * (outside + choices) > 2n ** BigInt(n)).toBe(true);
    }
  });
});

describe("of one list", () => {
  const values = [7, 1, 3, 100, 5];

  test("median and spread ignore an outlier", () => {
    expect([median(values), medianDeviation(values)]).toEqual([5, 2]);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect([mean([1, 2, 6]), deviation([1, 2, 3])]).toEqual([3, 1]);
  });

  test("the interval of a median is the k-th value from either end, from six values on", () => {
    const first = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
    expect(medianInterval(first(5))).toBe(null);
    expect(medianInterval(first(6))).toEqual({ low: 1, high: 6 });
    expect(medianInterval(first(8))).toEqual({ low: 1, high: 8 });
    expect(medianInterval(first(9))).toEqual({ low: 2, high: 8 });
    expect(medianInterval(first(20))).toEqual({ low: 6, high: 15 });
    expect(medianInterval(first(100))).toEqual({ low: 40, high: 61 });
  });

  test("the interval of a mean is that of t, from two values on", () => {
    expect(meanInterval([1])).toBe(null);
    const { low, high } = meanInterval([1, 2, 3, 4, 5])!;
    expect([low, high]).toEqual([expect.closeTo(1.037, 3), expect.closeTo(4.963, 3)]);
  });

  test.for([
    [0.9, 36, 33],
    [0.95, 72, 69],
    [0.99, 368, 365],
  ])("the percentile %d needs %d values", ([p, least, at]) => {
    const upTo = (n: number) => Array.from({ length: n }, (_, i) => n - i);
    expect(percentile(upTo(least - 1), p)).toBe(null);
    expect(percentile(upTo(least), p)).toBe(at);
  });

  test("outliers are counted by Tukey's fences", () => {
    // Quartiles 3 and 7: fences at -3 and 13, and at -9 and 19.
    expect(outliers([1, 2, 3, 4, 5, 6, 7, 14, 20])).toEqual({ mild: 1, severe: 1 });
    expect(outliers([1, 1, 1, 1])).toEqual({ mild: 0, severe: 0 });
  });

  test("correlated neighbours reduce the effective number of samples", () => {
    expect(lag1([1, 2])).toBe(null);
    expect(lag1([3, 3, 3])).toBe(null);
    expect(lag1([1, 2, 3, 4, 5])).toBeCloseTo(0.4, 12);
    expect(effectiveSize(10, 0.5)).toBeCloseTo(10 / 3, 12);
    expect([effectiveSize(10, -0.5), effectiveSize(10, null)]).toEqual([10, 10]);
  });

  test("drift is the change from first to last, and ignores a spike", () => {
    expect(drift([100, 105, 110])).toBeCloseTo(10 / 105, 12);
    expect(drift([100, 100, 900, 100, 100])).toBe(0);
    expect(drift([1, 2])).toBe(null);
  });

  property(
    "an interval is within the values, contains their median, and scales with them",
    fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 6, maxLength: 60 }),
    (values) => {
      const { low, high } = medianInterval(values)!;
      const middle = median(values);
      expect(low >= Math.min(...values) && low <= middle).toBe(true);
      expect(high <= Math.max(...values) && high >= middle).toBe(true);
      const doubled = values.map((value) => 2 * value);
      expect(medianInterval(doubled)).toEqual({ low: 2 * low, high: 2 * high });
    },
  );
});

describe("of pairs", () => {
  const at = (process: number, ...values: number[]) => values.map((value) => ({ process, value }));

  test("the wider of two intervals is used, and named", () => {
    const differing = [...at(0, 1, 1, 1), ...at(1, 2, 2, 2), ...at(2, 9, 9, 9)];
    expect(clusteredInterval(differing)).toMatchObject({ method: "t_over_processes", middle: 4 });
    const alike = [...at(0, 1, 2, 9), ...at(1, 1, 2, 9), ...at(2, 1, 2, 9)];
    const orders = { method: "order_statistic", middle: 2, low: 1, high: 9 };
    expect(clusteredInterval(alike)).toEqual(orders);
    expect(clusteredInterval(at(0, 1, 2, 3))).toBe(null);
    expect(clusteredInterval(at(0, 1, 2, 3, 4, 5, 6))).toMatchObject({ low: 1, high: 6 });
    expect(clusteredMeanInterval(at(0, 1, 2, 3))).toMatchObject({ method: "t_over_rounds" });
  });

  test("the interval of a difference of independent measurements includes both", () => {
    const one = { method: "order_statistic", middle: 10, low: 7, high: 13 } as const;
    const other = { method: "order_statistic", middle: 4, low: 0, high: 8 } as const;
    expect(differenceInterval(one, other)).toEqual({ low: 1, high: 11 });
  });

  test("equal signs are two of 2^n outcomes", () => {
    expect(signFlipP([1, 2, 3, 4, 5, 6])).toBe(2 / 64);
    expect(signFlipP([0.1, 0.2, 0.3, 0.1, 0.2, 0.3])).toBe(2 / 64);
    expect(signFlipP([1, -1])).toBe(1);
    const many = Array.from({ length: 30 }, () => 1);
    expect(signFlipP(many)).toBe(1 / 10_001);
    expect(signFlipP(many)).toBe(signFlipP(many));
  });

  test("Holm's adjustment is that of the worked example", () => {
    expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
    expect(holm([0.9, 0.9])).toEqual([1, 1]);
  });

  test("the detectable effect grows with the interval: 80 % power costs 1.36 half-widths", () => {
    const interval = { low: -0.1, high: 0.1 };
    expect(detectableEffect(interval, 5)).toBeCloseTo((0.1 * (2.5706 + 0.9195)) / 2.5706, 4);
  });

  const log = (low: number, high: number) => ({ low: Math.log(low), high: Math.log(high) });
  const calm = log(0.99, 1.01);
  test.for([
    ["slower", log(1.05, 1.2), [calm]],
    ["faster", log(0.5, 0.9), [calm]],
    ["equivalent", log(0.99, 1.015), [calm]],
    ["inconclusive", log(0.99, 1.05), [calm]],
    ["inconclusive", log(1.05, 1.2), [log(0.9, 1.06)]],
    ["slower", log(1.07, 1.2), [log(0.95, 1.06)]],
    ["slower", log(30, 40), [log(1.001, 1.01)]],
    ["void_control_moved", log(30, 40), [log(1.05, 1.15)]],
    ["void_control_moved", log(30, 40), [calm, log(0.85, 0.95)]],
    ["inconclusive", null, [calm]],
    ["inconclusive", log(30, 40), [null]],
    ["slower", log(30, 40), []],
  ] as const)("%s: %o against controls %o", ([verdict, interval, controls]) => {
    expect(verdictOf(interval, controls)).toBe(verdict);
  });
});

describe("of growth", () => {
  test("a power law has its exponent for any factor", () => {
    const xs = [10, 50, 100, 500, 1000];
    for (const power of [0.5, 1, 2.25]) {
      const ys = xs.map((x) => 3 * x ** power);
      expect(exponent(xs, ys)).toBeCloseTo(power, 12);
      expect(lastExponent(xs, ys)).toBeCloseTo(power, 12);
    }
  });

  property(
    "a polynomial without negative terms is recovered",
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 }),
    (numbers) => {
      const truth = [100, 1, 1e-2, 1e-5].map((unit, power) => unit * numbers[power]);
      if (!truth.some((c) => c > 0)) truth[0] = 1;
      const xs = [10, 20, 50, 100, 200, 500, 1000];
      const ys = xs.map((x) => truth.reduce((sum, c, power) => sum + c * x ** power, 0));
      const found = nonNegativeFit(xs, ys, 3);
      const fitted = xs.map((x) => found.reduce((sum, c, power) => sum + c * x ** power, 0));
      for (const [i, y] of ys.entries()) expect(fitted[i] / y).toBeCloseTo(1, 6);
      expect(found.every((c) => c >= 0)).toBe(true);
    },
  );

  test("no negative term is fitted", () => {
    const xs = [1, 2, 3, 4, 5];
    const fit = nonNegativeFit(
      xs,
      xs.map((x) => 10 * x - x * x),
      2,
    );
    expect(fit[2]).toBe(0);
    expect(Math.min(...fit)).toBe(0);
  });

  test("a bent line does not fit, a straight one does", () => {
    const random = seededRandom(seed);
    const xs = [10, 50, 100, 500, 1000];
    const rounds = (y: (x: number) => number) =>
      Array.from({ length: 8 }, () => xs.map((x) => y(x) * Math.exp(0.01 * normal(random))));
    expect(
      lackOfFit(
        xs,
        rounds((x) => 5 + x),
      ),
    ).toBeLessThan(1e-6);
    expect(
      lackOfFit(
        xs,
        rounds((x) => x ** 1.5),
      ),
    ).toBeGreaterThan(1e-4);
    expect(lackOfFit(xs, rounds((x) => x).slice(0, 1))).toBe(null);
  });
});
