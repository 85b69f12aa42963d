import { expect, test } from "vitest";
import { normal, seededRandom, seedOf, xorshiftStar } from "../src/math/random.ts";

test("a seed determines the stream, and neighbouring seeds give different ones", () => {
  const draws = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
  expect(draws(42)).toEqual(draws(42));
  expect(draws(43)).not.toEqual(draws(42));
});

test("the seed of a part depends on its name and the seed, and is an integer below 2^31", () => {
  const seeds = ["", "a", "rows", "cache-equality"].flatMap((name) =>
    [0, 1, 42, 2 ** 31 - 1].map((seed) => seedOf(name, seed)),
  );
  expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true);
  expect(new Set(seeds).size).toBe(seeds.length);
  expect(seedOf("a", 42) - seedOf("a", 0)).toBe(42);
});

test("the n-th draws of neighbouring seeds are uniform, including the first", () => {
  const bins = 10;
  for (let n = 0; n < 3; n++) {
    const counts = new Array(bins).fill(0);
    for (let seed = 0; seed < 10_000; seed++) {
      const random = seededRandom(seed);
      for (let skipped = 0; skipped < n; skipped++) random();
      counts[Math.floor(random() * bins)]++;
    }
    // Chi-square with 9 degrees of freedom: 33.7 is exceeded once in ten thousand.
    const chi = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chi).toBeLessThan(33.7);
  }
});

test("normal draws have mean 0 and variance 1", () => {
  const random = seededRandom(7);
  const draws = Array.from({ length: 20_000 }, () => normal(random));
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + x * x, 0) / draws.length;
  expect(Math.abs(mean)).toBeLessThan(0.04);
  expect(Math.abs(variance - 1)).toBeLessThan(0.05);
});

test("a seed must be an integer of 32 bits, and not 0 for xorshift", () => {
  expect(() => seededRandom(0.5)).toThrow("a seed must be an integer of 32 bits, got 0.5");
  expect(() => seededRandom(2 ** 32)).toThrow("got 4294967296");
  expect(() => xorshiftStar(0n)).toThrow("the seed must not be 0, got 0");
});
