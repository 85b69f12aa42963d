import type { Logits } from "../math/logits.ts";
import { softmax } from "../math/softmax.ts";
import { keepOnly, rank } from "./rank.ts";

/**
 * Nucleus sampling: keeps the smallest set of most probable tokens whose mass is at least `p`, and
 * always the first one; the others become -Infinity. After top-k, `p` is a share of the tokens that
 * top-k kept.
 *
 * A token is kept while the mass of the tokens before it is less than `p`. That mass is
 * accumulated, not computed by subtraction, whose rounding could drop a token that is needed to
 * reach `p`.
 *
 * @param p 1 keeps all, 0 keeps one
 * @throws {RangeError} if `p` is not a number in [0, 1], or no logit is finite
 * @see Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration"
 */
export function topP(logits: Logits, p: number): Float64Array {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`topP: p must be a number in [0, 1], got ${p}`);
  if (p === 1) return Float64Array.from(logits);
  const probs = softmax(logits);
  const ids = rank(logits);
  let count = 0;
  let mass = 0;
  do mass += probs[ids[count++]];
  while (count < ids.length && mass < p);
  return keepOnly(logits, ids.slice(0, count));
}
