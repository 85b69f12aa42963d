/** The error rates of the sequential test, and the exact distributions of the speculation law. */
import { describe, expect, test } from "vitest";
import { testDraws } from "../src/laws/support/sequential.ts";
import { cellsBetween, distributionOf } from "../src/laws/support/uniforms.ts";
import { type Random, seededRandom } from "../src/math/random.ts";
import { draw } from "../src/sampling/draw.ts";
import { seed } from "./support.ts";

const trials = 2000;
/** Larger error rates than in the laws, so that errors are frequent enough to count. */
const rates = { alpha: 0.05, beta: 0.05, bias: 0.1 };
/** Largest count in `trials` for a true rate of at most `rate`: four standard deviations more. */
const most = (rate: number) => trials * rate + 4 * Math.sqrt(trials * rate * (1 - rate));

const claims = {
  even: [0.25, 0.25, 0.25, 0.25],
  peaked: [0.85, 0.1, 0.05],
  binary: [0.3, 0.7],
  sure: [1, 0],
};

function alarms(claimed: readonly number[], drawn: readonly number[]): number {
  const random: Random = seededRandom(seed);
  let count = 0;
  for (let trial = 0; trial < trials; trial++) {
    const next = () => draw(drawn, random());
    if (testDraws(Float64Array.from(claimed), next, rates).biased !== null) count++;
  }
  return count;
}

describe("the sequential test", () => {
  test.for(Object.entries(claims))(
    "rejects a correct sampler of %s draws at most at the rate alpha",
    ([, probs]) => {
      expect(alarms(probs, probs)).toBeLessThanOrEqual(most(rates.alpha));
    },
  );

  test.for([
    { name: "even", drawn: [0.35, 0.25, 0.25, 0.15] },
    { name: "peaked", drawn: [0.75, 0.2, 0.05] },
    { name: "binary", drawn: [0.4, 0.6] },
    { name: "sure", drawn: [0.9, 0.1] },
  ] as const)("misses a bias of 0.1 on $name draws at most at the rate beta", ({ name, drawn }) => {
    expect(trials - alarms(claims[name], drawn)).toBeLessThanOrEqual(most(rates.beta));
  });

  test("one draw of a token with probability 0 is enough", () => {
    const drawn = testDraws(Float64Array.of(1, 0), () => 1, {
      alpha: 1e-9,
      beta: 0.05,
      bias: 0.05,
    });
    expect(drawn).toEqual({ biased: 0, draws: 1 });
  });

  test("a correct sampler is accepted after about a thousand draws at the rates of the law", () => {
    const random = seededRandom(seed);
    const next = () => draw(claims.even, random());
    const law = { alpha: 1e-9, beta: 0.05, bias: 0.05 };
    const counts = Array.from({ length: 100 }, () => {
      const verdict = testDraws(Float64Array.from(claims.even), next, law);
      expect(verdict.biased).toBeNull();
      return verdict.draws;
    });
    expect(counts.reduce((a, b) => a + b) / 100).toBeGreaterThan(500);
    expect(counts.reduce((a, b) => a + b) / 100).toBeLessThan(3000);
  });
});

describe("distributions over uniform numbers", () => {
  const thirds = cellsBetween([1 / 3, 2 / 3]);

  test("cells are the intervals between the numbers, and fill [0, 1)", () => {
    const cells = cellsBetween([0.5, 0.25, 0.5]);
    expect(cells.map(({ middle }) => middle)).toEqual([0.125, 0.375, 0.75]);
    expect(cells.reduce((sum, { width }) => sum + width, 0)).toBe(1);
  });

  test("a first draw of 1/3 and a second of 2/3 occur together in 2/9 of all cases", async () => {
    const run = async (random: Random) => `${random() < 1 / 3} ${random() < 2 / 3}`;
    const outcomes = await distributionOf(run, thirds);
    expect(outcomes.get("true true")).toBeCloseTo(2 / 9, 15);
    expect(outcomes.get("false false")).toBeCloseTo(2 / 9, 15);
    expect(outcomes.size).toBe(4);
  });

  test("a run may use a second number in some cases only, or none", async () => {
    const run = async (random: Random) => (random() < 1 / 3 ? "one" : `two ${random() < 1 / 3}`);
    const outcomes = await distributionOf(run, thirds);
    expect(outcomes.get("one")).toBeCloseTo(1 / 3, 15);
    expect(outcomes.get("two true")).toBeCloseTo(2 / 9, 15);
    expect(await distributionOf(async () => "none", thirds)).toEqual(new Map([["none", 1]]));
  });
});
