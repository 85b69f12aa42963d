import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { erf } from "../src/math/erf.ts";
import { linear } from "../src/math/linear.ts";
import { layerNorm, rmsNorm } from "../src/math/norm.ts";
import { rotate } from "../src/math/positions.ts";
import { logSoftmax, softmax } from "../src/math/softmax.ts";
import { property } from "./support.ts";

const numbers = (minLength = 1, maxLength = 24) =>
  fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength, maxLength });

describe("softmax", () => {
  test("worked example: softmax([0, ln 2, ln 5]) = [1, 2, 5] / 8", () => {
    const probs = softmax([0, Math.log(2), Math.log(5)]);
    for (const [i, p] of [0.125, 0.25, 0.625].entries()) expect(probs[i]).toBeCloseTo(p, 15);
  });

  property("sums to 1 and keeps the order of scores", numbers(), (scores) => {
    const probs = softmax(scores);
    expect(Math.abs(probs.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-12);
    for (let i = 1; i < scores.length; i++) {
      if (scores[i] > scores[i - 1]) expect(probs[i]).toBeGreaterThanOrEqual(probs[i - 1]);
    }
  });

  property(
    "does not change if every score grows by the same amount",
    fc.tuple(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1 }), fc.integer()),
    ([scores, shift]) => {
      expect(softmax(scores.map((s) => s + shift))).toEqual(softmax(scores));
    },
  );

  property("is the exponential of logSoftmax", numbers(), (scores) => {
    const logProbs = logSoftmax(scores);
    for (const [i, p] of softmax(scores).entries()) {
      expect(Math.abs(p - Math.exp(logProbs[i]))).toBeLessThan(1e-12);
    }
  });

  test("names the maximum if it is not finite", () => {
    const message = "softmax: the largest of 2 scores must be finite, got -Infinity";
    expect(() => softmax([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])).toThrow(message);
    expect(() => softmax([0, Number.NaN])).toThrow("got NaN");
  });
});

describe("linear", () => {
  property(
    "is the dot product of every row, summed upwards, independent of other rows",
    fc.tuple(numbers(), fc.integer({ min: 1, max: 9 }), fc.boolean()),
    ([input, O, biased]) => {
      const x = Float64Array.from(input);
      const I = x.length;
      const weight = Float64Array.from({ length: O * I }, (_, i) => Math.sin(i + 1));
      const bias = biased ? Float64Array.from({ length: O }, (_, o) => o + 0.5) : null;
      const out = new Float64Array(O);
      linear(out, weight, bias, x);
      for (let o = 0; o < O; o++) {
        let expected = 0;
        for (let i = 0; i < I; i++) expected += weight[o * I + i] * x[i];
        expect(out[o]).toBe(bias === null ? expected : expected + bias[o]);
      }
    },
  );

  test("refuses a weight of another shape", () => {
    const call = () => linear(new Float64Array(2), new Float64Array(5), null, new Float64Array(3));
    expect(call).toThrow("linear: the weight must be [2, 3], got 5 numbers");
  });
});

describe("norms", () => {
  property("RMSNorm gives rows whose mean square is 1", numbers(2), (row) => {
    const x = Float64Array.from(row);
    const square = (v: Float64Array) => v.reduce((sum, a) => sum + a * a, 0) / v.length;
    fc.pre(square(x) > 1e-6);
    const out = new Float64Array(x.length);
    rmsNorm(out, x, new Float64Array(x.length).fill(1), 1e-18);
    expect(square(out)).toBeCloseTo(1, 10);
  });

  property("LayerNorm gives rows of mean 0, and ignores a common shift", numbers(2), (row) => {
    const x = Float64Array.from(row, Math.round);
    const gain = new Float64Array(x.length).fill(1);
    const bias = new Float64Array(x.length);
    const [out, shifted] = [new Float64Array(x.length), new Float64Array(x.length)];
    layerNorm(out, x, gain, bias, 1e-5);
    layerNorm(
      shifted,
      x.map((v) => v + 64),
      gain,
      bias,
      1e-5,
    );
    expect(Math.abs(out.reduce((a, b) => a + b, 0) / out.length)).toBeLessThan(1e-12);
    for (const [i, v] of out.entries()) expect(Math.abs(v - shifted[i])).toBeLessThan(1e-9);
  });
});

describe("RoPE", () => {
  const turn = (x: number[], angles: number[], layout: "half-split" | "interleaved") => {
    const out = Float64Array.from(x);
    const [cos, sin] = [Math.cos, Math.sin].map((f) => Float64Array.from(angles, f));
    rotate(out, x.length, cos, sin, layout);
    return out;
  };

  test("worked example: a quarter turn of the first pair", () => {
    const quarter = [Math.PI / 2, 0];
    const close = (actual: Float64Array, expected: number[]) => {
      for (const [i, v] of expected.entries()) expect(actual[i]).toBeCloseTo(v, 15);
    };
    close(turn([1, 2, 3, 4], quarter, "half-split"), [-3, 2, 1, 4]);
    close(turn([1, 2, 3, 4], quarter, "interleaved"), [-2, 1, 3, 4]);
  });

  property(
    "makes scores depend only on the difference of positions",
    fc.record({
      q: numbers(4, 4),
      k: numbers(4, 4),
      positions: fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50)),
      layout: fc.constantFrom("half-split" as const, "interleaved" as const),
    }),
    ({ q, k, positions: [a, b, shift], layout }) => {
      const at = (x: number[], t: number) => turn(x, [t, t / 100], layout);
      const score = (i: number, j: number) => {
        const key = at(k, j);
        return at(q, i).reduce((sum, v, h) => sum + v * key[h], 0);
      };
      const size = Math.hypot(...q) * Math.hypot(...k) + 1;
      expect(Math.abs(score(a, b) - score(a + shift, b + shift)) / size).toBeLessThan(1e-12);
    },
  );
});

test("erf agrees with published values", () => {
  const expected = [
    [0, 0],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.49, 0.9995707121322661],
    [2.51, 0.9996142945182758],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
    [7, 1],
  ];
  for (const [x, y] of expected) {
    expect(Math.abs(erf(x) - y)).toBeLessThan(4e-16);
    expect(erf(-x)).toBe(-erf(x));
  }
});
