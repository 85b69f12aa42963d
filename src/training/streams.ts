import { type Random, seededRandom } from "../math/random.ts";

/** The uses of randomness in training; each use has a separate stream. */
const uses = ["batch", "dropout", "evaluation"] as const;

export type Use = (typeof uses)[number];

/**
 * Returns the random numbers of one use at one step. They depend only on the seed of the run, the
 * use and the step, so that a run that is resumed at step t draws the same numbers.
 *
 * @param seed the seed of the run, an integer of 32 bits
 * @param step from 0
 */
export function stepRandom(seed: number, use: Use, step: number): Random {
  return seededRandom(mix(mix(mix(0, seed), uses.indexOf(use)), step));
}

/** One round of MurmurHash3: mixes 32 more bits into a hash of 32 bits. */
function mix(hash: number, bits: number): number {
  let k = Math.imul(bits, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
