/** The statistics of the benchmarks, on noise with known parameters. */
import { describe, expect, test } from "vitest";
import { medianInterval } from "../src/bench/statistics.ts";
import { exponent } from "../src/bench/statistics-growth.ts";
import {
  clusteredInterval,
  clusteredMeanInterval,
  verdictOf,
} from "../src/bench/statistics-pairs.ts";
import { normal, type Random, seededRandom } from "../src/math/random.ts";
import { seed } from "./support.ts";

/** Times of a busy machine: a little noise, and some runs that are much slower. */
function spiky(random: Random): number {
  return 0.02 * normal(random) + (random() < 0.15 ? random() : 0);
}

describe("on noise with known parameters", () => {
  const tries = 1500;
  /** The share of trials, and its random error: four standard deviations. */
  const share = (holds: (random: Random) => boolean) => {
    const random = seededRandom(seed);
    let count = 0;
    for (let i = 0; i < tries; i++) if (holds(random)) count++;
    return count / tries;
  };
  const chance = (p: number) => 4 * Math.sqrt((p * (1 - p)) / tries);
  const covers = ({ low, high }: { low: number; high: number }, truth: number) =>
    low <= truth && truth <= high;

  test.for([6, 8, 12, 20, 30, 50])(
    "the interval of a median covers it in 95 %% of trials, n = %d",
    (n) => {
      const covered = share((random) => {
        const ratios = Array.from({ length: n }, () => spiky(random) - spiky(random));
        return covers(medianInterval(ratios)!, 0);
      });
      expect(covered).toBeGreaterThanOrEqual(0.95 - chance(0.95));
    },
  );

  /** Pairs of a full bench: 6 processes that differ by 1 %, 10 rounds each. */
  const bench = (random: Random, difference: number) =>
    Array.from({ length: 6 }, (_, process) => {
      const layout = difference + 0.01 * normal(random);
      return Array.from({ length: 10 }, () => {
        return { process, value: layout + spiky(random) - spiky(random) };
      });
    }).flat();

  test("an arm compared with itself differs in at most 7 % of trials, and rarely in the verdict", () => {
    const differs = share((random) => !covers(clusteredInterval(bench(random, 0))!, 0));
    expect(differs).toBeLessThanOrEqual(0.07);
    const verdicts = share((random) => {
      const control = clusteredInterval(bench(random, 0));
      return ["slower", "faster"].includes(
        verdictOf(clusteredInterval(bench(random, 0)), [control]),
      );
    });
    expect(verdicts).toBeLessThanOrEqual(0.01);
  });

  test("an arm that is slower by 10 % is detected in at least 90 % of trials", () => {
    const found = share((random) => {
      const control = clusteredInterval(bench(random, 0));
      return verdictOf(clusteredInterval(bench(random, Math.log(1.1))), [control]) === "slower";
    });
    expect(found).toBeGreaterThanOrEqual(0.9);
  });

  test("a control that changed by 10 % voids the rows it controls", () => {
    const void_ = share((random) => {
      const control = clusteredInterval(bench(random, Math.log(1.1)));
      return verdictOf(clusteredInterval(bench(random, 1)), [control]) === "void_control_moved";
    });
    expect(void_).toBeGreaterThanOrEqual(0.9);
  });

  test("the interval of an exponent covers the true value on a clock that drifts", () => {
    const xs = [10, 50, 100, 500, 1000];
    const truth = xs.map((x) => 0.05 + 0.004 * x + 4e-6 * x * x);
    const predicted = exponent(xs, truth);
    const covered = share((random) => {
      // 12 rounds in which the machine becomes slower by 20 %, lengths in random order.
      const slopes = Array.from({ length: 12 }, (_, round) => {
        const order = xs.map(() => random());
        const place = order.map((key) => order.filter((other) => other < key).length / xs.length);
        const times = truth.map((time, i) => {
          return time * (1 + (0.2 * (round + place[i])) / 12) * Math.exp(0.02 * normal(random));
        });
        return { process: round % 3, value: exponent(xs, times) };
      });
      return covers(clusteredMeanInterval(slopes)!, predicted);
    });
    expect(covered).toBeGreaterThanOrEqual(0.95 - chance(0.95));
  });
});
