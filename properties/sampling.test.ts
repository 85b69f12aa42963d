import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logitRows as anyLogits, thresholds } from "../src/arbitraries/logits.ts";
import { seededRandom } from "../src/math/random.ts";
import { softmax } from "../src/math/softmax.ts";
import { draw } from "../src/sampling/draw.ts";
import { greedy } from "../src/sampling/greedy.ts";
import { distribution, productionSampling, sampleToken } from "../src/sampling/sample-token.ts";
import { temperatureScale } from "../src/sampling/temperature.ts";
import { topK } from "../src/sampling/top-k.ts";
import { topP } from "../src/sampling/top-p.ts";
import { property } from "./support.ts";

const row = (...values: number[]) => Float64Array.from(values);
const logsOf = (...probs: number[]) => Float64Array.from(probs, Math.log);
const kept = (logits: Float64Array) => [...logits.keys()].filter((id) => logits[id] > -Infinity);
const digits = (probs: Float64Array) => Array.from(probs, (p) => Number(p.toFixed(5)));

function refusal(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return "accepted";
}

/** Entropy in nats. */
function entropy(probs: Float64Array): number {
  return -probs.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0);
}

/** A random source that must not be used. */
const untouchable = () => {
  throw new Error("the random source was used");
};

describe("worked examples", () => {
  const logits = row(1, 2, 3);

  test("temperature 1 gives logits [1, 2, 3] the probabilities [0.09003, 0.24473, 0.66524]", () => {
    expect(digits(distribution(logits, {}))).toEqual([0.09003, 0.24473, 0.66524]);
  });

  test("temperature 0.5 gives them [0.01588, 0.11731, 0.86681]", () => {
    expect(Array.from(temperatureScale(logits, 0.5))).toEqual([2, 4, 6]);
    const probs = distribution(logits, { temperature: 0.5 });
    expect(digits(probs)).toEqual([0.01588, 0.11731, 0.86681]);
  });

  test("temperature 2 gives them [0.18632, 0.3072, 0.50648]", () => {
    const probs = distribution(logits, { temperature: 2 });
    expect(digits(probs)).toEqual([0.18632, 0.3072, 0.50648]);
  });

  test("top-k 3 of [1, 5, 3, 2, 4] keeps ids 1, 2 and 4", () => {
    const filtered = topK(row(1, 5, 3, 2, 4), 3);
    expect(Array.from(filtered)).toEqual([-Infinity, 5, 3, -Infinity, 4]);
    expect(digits(softmax(filtered))).toEqual([0, 0.66524, 0.09003, 0, 0.24473]);
  });

  test("k ignores the shape of the distribution, p does not", () => {
    const sure = logsOf(0.99, ...Array.from({ length: 99 }, () => 0.01 / 99));
    expect(kept(topK(sure, 50))).toHaveLength(50);
    expect(kept(topP(sure, 0.95))).toEqual([0]);
    const unsure = logsOf(...Array.from({ length: 10 }, () => 0.1));
    expect(kept(topK(unsure, 5))).toHaveLength(5);
    expect(kept(topP(unsure, 0.95))).toHaveLength(10);
  });

  test("top-p 0.9 of [0, 1, 2, 3, 4] keeps ids 4, 3 and 2", () => {
    const probs = softmax([0, 1, 2, 3, 4]);
    expect(digits(probs)).toEqual([0.01166, 0.03168, 0.08613, 0.23412, 0.63641]);
    const cumulative = [probs[4], probs[4] + probs[3], probs[4] + probs[3] + probs[2]];
    expect(digits(Float64Array.from(cumulative))).toEqual([0.63641, 0.87053, 0.95666]);
    expect(kept(topP(row(0, 1, 2, 3, 4), 0.9))).toEqual([2, 3, 4]);
  });

  test("top-p 0.9 of a distribution with 95 % on one token keeps that token", () => {
    expect(kept(topP(logsOf(0.001, 0.002, 0.007, 0.04, 0.95), 0.9))).toEqual([4]);
  });
});

describe("greedy", () => {
  test("takes the lowest of tied ids, whatever the seed", () => {
    const logits = row(1, 7, 7, -2, 7);
    for (let seed = 0; seed < 100; seed++) {
      expect(sampleToken(logits, { temperature: 0 }, seededRandom(seed))).toBe(1);
    }
  });

  test.for([
    [row(Number.NaN, 1), "NaN"],
    [row(1, Number.NaN), "NaN"],
    [row(-Infinity, -Infinity), "-Infinity"],
    [row(1, Infinity), "Infinity"],
  ] as const)("refuses %j: no logit is finite and largest", ([logits, got]) => {
    const message = `greedy: the largest of 2 logits must be finite, got ${got}`;
    expect(refusal(() => greedy(logits))).toEqual(new RangeError(message));
  });
});

test.for([Number.NaN, Infinity])("a distribution of logits with %d is refused", (logit) => {
  const message = `distribution: logit 1 must be a number below Infinity, got ${logit}`;
  expect(refusal(() => distribution(row(1, logit), {}))).toEqual(new RangeError(message));
});

describe("temperature", () => {
  const scales = [1e-3, 0.1, 0.5, 0.8, 1, 2, 10, 1e3];

  property("a higher one never lowers the entropy", anyLogits(), (logits) => {
    const entropies = scales.map((T) => entropy(distribution(logits, { temperature: T })));
    for (let i = 1; i < scales.length; i++) {
      expect(entropies[i]).toBeGreaterThanOrEqual(entropies[i - 1] - 1e-9);
    }
  });

  property("one near 0 is greedy, unless logits tie", anyLogits(), (logits) => {
    const best = greedy(logits);
    fc.pre(logits.every((logit, id) => id === best || logit < logits[best] - 1e-4));
    expect(distribution(logits, { temperature: 1e-6 })[best]).toBe(1);
  });

  const smallest = [1e-20, 1e-306, 1e-308, Number.MIN_VALUE];

  property(
    "the smallest ones give the largest logits all mass, in equal shares",
    anyLogits(),
    (x) => {
      const largest = x.reduce((a, b) => Math.max(a, b));
      const share = 1 / x.filter((logit) => logit === largest).length;
      for (const temperature of smallest) {
        const shares = distribution(x, { temperature });
        for (const [id, p] of shares.entries()) expect(p).toBe(x[id] === largest ? share : 0);
      }
    },
  );

  property("0 is greedy and uses no random source", anyLogits(), (logits) => {
    const options = { temperature: 0, topK: 3, topP: 0.5 };
    expect(sampleToken(logits, options, untouchable)).toBe(greedy(logits));
    expect(sampleToken(logits, options)).toBe(greedy(logits));
    const probs = distribution(logits, options);
    expect(kept(probs.map((p) => (p === 0 ? -Infinity : p)))).toEqual([greedy(logits)]);
  });

  test.for([{ topK: -1 }, { topP: 2 }, { minP: -1 }])("greedy also refuses %o", (bad) => {
    const logits = row(1, 2);
    for (const choose of [sampleToken, distribution]) {
      expect(() => choose(logits, { temperature: 0, ...bad })).toThrow(RangeError);
    }
  });

  test.for([0, -0.5, Number.NaN, Infinity])("%d is refused as a scale", (T) => {
    const message = `temperatureScale: the temperature must be a positive number, got ${T}`;
    expect(refusal(() => temperatureScale(row(1, 2), T))).toEqual(new RangeError(message));
    if (T === 0) return;
    const call = () => sampleToken(row(1, 2), { temperature: T }, seededRandom(1));
    expect(refusal(call)).toEqual(new RangeError(message));
  });
});

describe("top-k", () => {
  test("ties for the last place keep the lower ids, and 0 keeps all", () => {
    expect(kept(topK(row(2, 1, 2, 2), 2))).toEqual([0, 2]);
    expect(kept(topK(row(1, 1, 1, 5), 2))).toEqual([0, 3]);
    for (const k of [0, 4, 9]) expect(Array.from(topK(row(3, 1, 2, 0), k))).toEqual([3, 1, 2, 0]);
  });

  test.for([-1, 1.5, Number.NaN, Infinity])("k = %d is refused", (k) => {
    const error = new RangeError(`topK: k must be an integer from 0, got ${k}`);
    expect(refusal(() => topK(row(1, 2), k))).toEqual(error);
    expect(refusal(() => sampleToken(row(1, 2), { topK: k }, seededRandom(1)))).toEqual(error);
  });
});

describe("top-p", () => {
  test.for([
    [0, 1],
    [0.125, 1],
    [0.125 + 2 ** -40, 2],
    [0.5, 4],
    [0.5 + 2 ** -40, 5],
    [0.875, 7],
    [0.875 + 2 ** -40, 8],
    [1, 8],
  ])("a mass of p is enough: of eight equal tokens p = %d keeps %i", ([p, count]) => {
    const equal = new Float64Array(8); // each has exactly 1/8, and every sum is exact
    expect(kept(topP(equal, p))).toEqual([0, 1, 2, 3, 4, 5, 6, 7].slice(0, count));
  });

  property(
    "keeps no more of a peaked distribution than of a flat one",
    fc.tuple(anyLogits(), thresholds()),
    ([logits, p]) => {
      const flat = logits.map((logit) => logit / 4);
      const more = kept(topP(flat, p)).length;
      expect(kept(topP(logits, p)).length).toBeLessThanOrEqual(more);
    },
    500,
  );

  test.for([-0.1, 1.1, Number.NaN, Infinity])("p = %d is refused", (p) => {
    const error = new RangeError(`topP: p must be a number in [0, 1], got ${p}`);
    expect(refusal(() => topP(row(1, 2), p))).toEqual(error);
    expect(refusal(() => sampleToken(row(1, 2), { topP: p }, seededRandom(1)))).toEqual(error);
  });
});

describe("the order of filters", () => {
  test("p is a share of the tokens that top-k kept: k = 2, p = 0.5 keep one of four equals", () => {
    const four = row(0, 0, 0, 0);
    expect(Array.from(distribution(four, { topK: 2, topP: 0.5 }))).toEqual([1, 0, 0, 0]);
    // The other way round p = 0.5 would be a share of all four, and keep two.
    expect(kept(topK(topP(four, 0.5), 2))).toEqual([0, 1]);
  });

  test("the temperature is applied before top-p, which keeps more tokens when it is higher", () => {
    const logits = row(0, 1, 2, 3, 4);
    expect(kept(distribution(logits, { temperature: 4, topP: 0.9 }).map(Math.log))).toHaveLength(5);
    expect(kept(temperatureScale(topP(logits, 0.9), 4))).toHaveLength(3);
  });

  property("does not change the logits it is given", anyLogits(), (logits) => {
    const before = logits.slice();
    sampleToken(logits, productionSampling, seededRandom(1));
    sampleToken(logits, { temperature: 0 });
    expect(logits).toEqual(before);
  });

  test("without options a token is one draw from the softmax", () => {
    const logits = row(0.5, -1, 2, 0);
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(seed);
      const token = sampleToken(logits, {}, random);
      const again = seededRandom(seed);
      expect(token).toBe(draw(softmax(logits), again()));
      expect(random()).toBe(again());
    }
  });

  test("a draw without a random source is refused, with the fix", () => {
    const must = "a random source must be given, got undefined";
    const message = `sampleToken: ${must}; pass seededRandom(seed), or temperature 0 for greedy`;
    expect(refusal(() => sampleToken(row(1, 2)))).toEqual(new TypeError(message));
    expect(refusal(() => sampleToken(row(1, 2), { topK: 1 }))).toEqual(new TypeError(message));
  });

  test("10,000 draws with the production default are among the tokens kept", () => {
    expect(productionSampling).toEqual({ temperature: 0.8, topK: 10, topP: 0.95 });
    const logits = Float64Array.from({ length: 64 }, (_, id) => 3 * Math.sin(id * id));
    const candidates = kept(topP(topK(temperatureScale(logits, 0.8), 10), 0.95));
    expect(candidates.length).toBeGreaterThan(1);
    expect(candidates.length).toBeLessThanOrEqual(10);
    const random = seededRandom(42);
    const drawn = new Set<number>();
    for (let i = 0; i < 10_000; i++) drawn.add(sampleToken(logits, productionSampling, random));
    expect([...drawn].toSorted((a, b) => a - b)).toEqual(candidates);
  });
});

describe("the draw", () => {
  test("100,000 draws pass a chi-square test against the probabilities", () => {
    const probs = softmax([0, 1, 2, 3, 4, -1, 0.5, 2.5]);
    const counts = new Float64Array(probs.length);
    const random = seededRandom(42);
    const n = 100_000;
    for (let i = 0; i < n; i++) counts[draw(probs, random())]++;
    const chiSquare = probs.reduce((sum, p, id) => sum + (counts[id] - n * p) ** 2 / (n * p), 0);
    // 7 degrees of freedom: a correct sampler exceeds 24.3 for one seed in a thousand.
    expect(chiSquare).toBeLessThan(24.3);
  });

  test("returns the last token with a probability when rounding leaves a remainder", () => {
    expect(draw([0.3, 0.3, 0.3, 0], 0.95)).toBe(2);
  });

  test.for([-0.1, 1, Number.NaN])("refuses u = %d", (u) => {
    const message = `draw: u must be a number in [0, 1), got ${u}`;
    expect(refusal(() => draw([1], u))).toEqual(new RangeError(message));
  });

  test("refuses a distribution without mass", () => {
    const message = "draw: at least one probability must be positive, got none";
    expect(refusal(() => draw([0, 0], 0.5))).toEqual(new RangeError(message));
  });
});
