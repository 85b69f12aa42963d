import { type Random, seededRandom } from "../math/random.ts";

/** What randomness is used for in training; each use has a stream of its own. */
const uses = ["batch", "dropout", "evaluation"] as const;

export type Use = (typeof uses)[number];

/**
 * The random numbers of one use at one step, from the run's seed alone: no state is carried from
 * step to step, so that a run which is resumed at step t draws what it would have drawn.
 *
 * @param seed the run's, an integer of 32 bits
 * @param step from 0
 */
export function stepRandom(seed: number, use: Use, step: number): Random {
  return seededRandom(mix(mix(mix(0, seed), uses.indexOf(use)), step));
}

/** One round of MurmurHash3: takes 32 more bits into a hash of 32 bits. */
function mix(hash: number, bits: number): number {
  let k = Math.imul(bits, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
