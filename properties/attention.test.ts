import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AttentionKernel, type LayerCache, standardAttention } from "../src/math/attention.ts";
import { normal, seededRandom } from "../src/math/random.ts";
import { tiledAttention } from "../src/math/tiled-attention.ts";
import { property } from "./support.ts";

interface Case {
  query: Float64Array;
  cache: LayerCache;
  headDim: number;
  first: number;
  last: number;
  tileSize: number;
}

/** Heads, a filled cache, and a window; scores from flat to one-hot. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    headDim: fc.integer({ min: 1, max: 6 }),
    kvHeads: fc.integer({ min: 1, max: 2 }),
    groupSize: fc.integer({ min: 1, max: 3 }),
    capacity: fc.integer({ min: 1, max: 40 }),
    ends: fc.tuple(fc.nat(), fc.nat()),
    tileSize: fc.integer({ min: 1, max: 12 }),
    scale: fc.constantFrom(1, 10, 100),
    seed: fc.nat(),
  })
  .map(({ headDim, kvHeads, groupSize, capacity, ends, tileSize, scale, seed }) => {
    const random = seededRandom(seed);
    const numbers = (length: number) => Float64Array.from({ length }, () => scale * normal(random));
    const size = kvHeads * capacity * headDim;
    const cache = { keys: numbers(size), values: numbers(size), capacity };
    const [first, last] = ends.map((end) => end % capacity).toSorted((a, b) => a - b);
    const query = numbers(kvHeads * groupSize * headDim);
    return { query, cache, headDim, first, last, tileSize };
  });

function attend(attention: AttentionKernel, { query, cache, headDim, first, last }: Case) {
  const out = new Float64Array(query.length).fill(Number.NaN);
  attention.attend(out, query, cache, headDim, first, last);
  return out;
}

/** Largest magnitude among the values, the scale of the allowed error. */
const sizeOf = ({ cache }: Case) => cache.values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);

describe("tiled attention", () => {
  property(
    "equals standard attention within rounding",
    cases,
    (one) => {
      const expected = attend(standardAttention(one.cache.capacity), one);
      const actual = attend(tiledAttention(one.tileSize), one);
      const allowed = 1e-13 * sizeOf(one);
      for (const [i, value] of expected.entries()) {
        expect(Math.abs(actual[i] - value)).toBeLessThanOrEqual(allowed);
      }
    },
    1000,
  );

  property("holds the scores of one tile for every length of the sequence", cases, (one) => {
    const tiled = tiledAttention(one.tileSize);
    expect(tiled.scoreMemory).toBe(one.tileSize);
    expect(standardAttention(one.cache.capacity).scoreMemory).toBe(one.cache.capacity);
    attend(tiled, one);
    expect(tiled.scoreMemory).toBe(one.tileSize);
  });

  property("does not depend on memory outside its window or on earlier calls", cases, (one) => {
    const attention = tiledAttention(one.tileSize);
    const expected = attend(attention, one);
    const { cache, headDim, first, last } = one;
    const poison = (numbers: Float64Array) =>
      numbers.map((value, i) => {
        const position = Math.floor(i / headDim) % cache.capacity;
        return position < first || position > last ? Number.NaN : value;
      });
    const poisoned = { ...cache, keys: poison(cache.keys), values: poison(cache.values) };
    attend(attention, { ...one, query: one.query.map((q) => -2 * q) });
    expect(attend(attention, { ...one, cache: poisoned })).toEqual(expected);
  });

  property(
    "gives the same result for a window and for a mask, bit for bit: tiles do not move with the window",
    cases,
    (one) => {
      const { cache, headDim, first } = one;
      const query = one.query.map((q, i) => (i % headDim === 0 ? 1 + Math.abs(q) : q));
      const keys = cache.keys.map((key, i) => {
        if (Math.floor(i / headDim) % cache.capacity >= first) return key;
        return i % headDim === 0 ? Number.NEGATIVE_INFINITY : 0;
      });
      const masked = { ...one, query, cache: { ...cache, keys }, first: 0 };
      const attention = tiledAttention(one.tileSize);
      expect(attend(attention, { ...one, query })).toEqual(attend(attention, masked));
    },
  );

  test("reads every key and value once per head, as standard attention does", () => {
    const [headDim, capacity, length] = [4, 16, 11];
    const count = (attention: AttentionKernel) => {
      const reads = { keys: 0, values: 0 };
      const counted = (part: "keys" | "values") =>
        new Proxy(new Float64Array(2 * capacity * headDim).fill(0.5), {
          get(target, key) {
            if (typeof key === "string" && /^\d+$/.test(key)) reads[part]++;
            return Reflect.get(target, key, target);
          },
        });
      const cache = { keys: counted("keys"), values: counted("values"), capacity };
      const query = new Float64Array(6 * headDim).fill(1);
      attention.attend(new Float64Array(6 * headDim), query, cache, headDim, 2, 1 + length);
      return reads;
    };
    const products = 6 * length * headDim;
    expect(count(standardAttention(capacity))).toEqual({ keys: products, values: products });
    expect(count(tiledAttention(3))).toEqual({ keys: products, values: products });
  });

  test("is finite for scores whose powers overflow, and for a tile without probability", () => {
    const run = (keys: number[]) => {
      const cache = {
        keys: Float64Array.from(keys),
        values: Float64Array.of(1, 2, 4),
        capacity: 3,
      };
      const out = new Float64Array(1);
      tiledAttention(1).attend(out, Float64Array.of(1), cache, 1, 0, 2);
      return out[0];
    };
    expect(run([-1000, 1000, 0])).toBe(2);
    expect(run([5000, 5000, -5000])).toBe(1.5);
    expect(run([Number.NEGATIVE_INFINITY, 3, 3])).toBe(3);
    const message = "tiledAttention: the largest of 3 scores must be finite, got";
    const { NaN: nan, POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: none } = Number;
    expect(() => run([0, nan, 0])).toThrow(`${message} NaN`);
    expect(() => run([0, infinity, 0])).toThrow(`${message} Infinity`);
    expect(() => run([none, none, none])).toThrow(`${message} -Infinity`);
  });

  test.for([0, -1, 1.5, Number.NaN])("refuses a tile of %d positions", (tileSize) => {
    const message = `tiledAttention: tileSize must be a positive integer, got ${tileSize}`;
    expect(() => tiledAttention(tileSize)).toThrow(new RangeError(message));
  });
});
