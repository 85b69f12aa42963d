import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dropout } from "../src/math/dropout.ts";
import { seededRandom } from "../src/math/random.ts";
import { property } from "./support.ts";

const rows = fc.float64Array({ maxLength: 24 });
const probability = fc.double({ min: 0, max: 0.99, noNaN: true });
const seeds = fc.nat();

/** Every row of n numbers of a source with these values. */
function streams(values: readonly number[], n: number): number[][] {
  if (n === 0) return [[]];
  return streams(values, n - 1).flatMap((rest) => values.map((value) => [...rest, value]));
}

describe("dropout", () => {
  property("with p = 0 is the identity, bit for bit", fc.tuple(rows, seeds), ([x, seed]) => {
    const { row, mask } = dropout(x, 0, seededRandom(seed));
    for (const [i, value] of x.entries()) expect(row[i]).toBe(value);
    expect(mask.every((factor) => factor === 1)).toBe(true);
  });

  property(
    "drops an entry or scales it by 1 / (1 - p), and does not change its input",
    fc.tuple(rows, probability, seeds),
    ([x, p, seed]) => {
      const before = x.slice();
      const { row, mask } = dropout(x, p, seededRandom(seed));
      expect(x).toEqual(before);
      for (const [i, factor] of mask.entries()) {
        expect(factor === 0 || factor === 1 / (1 - p)).toBe(true);
        expect(row[i]).toBe(factor === 0 ? 0 : x[i] * factor);
      }
    },
  );

  property(
    "gives the same mask for the same seed and all numbers, and another for another seed",
    fc.tuple(rows, probability, seeds),
    ([x, p, seed]) => {
      const { mask } = dropout(x, p, seededRandom(seed));
      expect(dropout(x.toReversed(), p, seededRandom(seed)).mask).toEqual(mask);
      const wide = new Float64Array(256).fill(1);
      const [one, other] = [seed, seed + 1].map((s) => dropout(wide, 0.5, seededRandom(s)).mask);
      expect(one).not.toEqual(other);
    },
  );

  // Sixteen equally likely values of u, and p a number of sixteenths: every mask has exactly its
  // probability. With p and 1 / (1 - p) powers of two, every sum is exact.
  test.for([1 / 2, 3 / 4, 7 / 8])("with p = %d keeps the expected row, exactly", (p) => {
    const grid = Array.from({ length: 16 }, (_, i) => i / 16);
    const x = Float64Array.of(3, -5, 0.25);
    const all = streams(grid, x.length);
    const total = new Float64Array(x.length);
    for (const stream of all) {
      const source = stream.values();
      const { row } = dropout(x, p, () => source.next().value!);
      for (const [i, value] of row.entries()) total[i] += value;
    }
    expect(total.map((sum) => sum / all.length)).toEqual(x);
  });

  test.for([0.1, 0.3, 0.9])("drops a share of %d, within five standard errors", (p) => {
    const n = 100_000;
    const { mask } = dropout(new Float64Array(n).fill(1), p, seededRandom(42));
    const share = mask.filter((factor) => factor === 0).length / n;
    expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n));
  });

  test.for([-0.1, 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses p = %d", (p) => {
    const message = `dropout: p must be a number in [0, 1), got ${p}`;
    const call = () => dropout(Float64Array.of(1), p, seededRandom(1));
    expect(call).toThrow(new RangeError(message));
  });
});
