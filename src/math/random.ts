/**
 * Seeded randomness, the only random source of this project: every drawn number is reproduced by a
 * printed seed.
 */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A stream of numbers, uniform in [0, 1). */
export type Random = () => number;

/**
 * Returns uniform numbers in [0, 1) with 53 random bits each, from xoroshiro128+.
 *
 * @param seed an integer of 32 bits; the same seed gives the same stream
 */
export function seededRandom(seed: number): Random {
  if (seed !== (seed | 0) && seed !== seed >>> 0) {
    throw new RangeError(`seed: a seed must be an integer of 32 bits, got ${seed}`);
  }
  const generator = xoroshiro128plus(mixed(seed));
  return () => uniformFloat64(generator);
}

/**
 * Maps neighbouring seeds to distant ones. The generator uses its seed unchanged, and its first
 * draws from small seeds are all close to 1. This is the finaliser of MurmurHash3, a bijection.
 */
function mixed(seed: number): number {
  let h = (seed + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * Returns the seed of a part of a run: parts of other names have other streams, and a part that is
 * added leaves the others as they are.
 */
export function seedOf(name: string, seed: number): number {
  const hash = [...name].reduce((sum, char) => Math.imul(sum, 31) + char.charCodeAt(0), 7);
  return (seed + (hash >>> 1)) % 2 ** 31;
}

/**
 * Returns one draw from N(0, 1) by Box and Muller: `sqrt(-2 ln u) * cos(2 pi v)`, with u in (0, 1].
 *
 * @see Box and Muller 1958, "A Note on the Generation of Random Normal Deviates"
 */
export function normal(random: Random): number {
  const u = 1 - random();
  const v = random();
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
}

/**
 * Returns the generator of llama2.c: xorshift* on 64 bits, of which 24 make a float32 in [0, 1). A
 * text that run.c sampled can be sampled again with it.
 *
 * @param seed not zero: xorshift would remain zero
 * @see llama2.c, `random_u32` and `random_f32` in run.c
 */
export function xorshiftStar(seed: bigint): Random {
  const mask = (1n << 64n) - 1n;
  let state = seed & mask;
  if (state === 0n) throw new RangeError("xorshiftStar: the seed must not be 0, got 0");
  return () => {
    state ^= state >> 12n;
    state = (state ^ (state << 25n)) & mask;
    state ^= state >> 27n;
    const bits = ((state * 0x2545f4914f6cdd1dn) & mask) >> 32n;
    return Number(bits >> 8n) / 16_777_216;
  };
}
