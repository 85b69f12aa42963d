import type { Logits } from "../math/logits.ts";
import { softmax } from "../math/softmax.ts";
import { keepOnly } from "./rank.ts";

/**
 * Min-p: keeps the tokens whose probability is at least `m` times that of the most probable one;
 * the others become -Infinity. A peaked distribution keeps few tokens, a flat one many.
 *
 * @param m 0 keeps all, 1 keeps the most probable token and those equal to it
 * @throws {RangeError} if `m` is not a number in [0, 1], or no logit is finite
 * @see Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM
 *   Outputs", section 3
 */
export function minP(logits: Logits, m: number): Float64Array {
  if (!(m >= 0 && m <= 1)) throw new RangeError(`minP: m must be a number in [0, 1], got ${m}`);
  if (m === 0) return Float64Array.from(logits);
  const probs = softmax(logits);
  const threshold = m * probs.reduce((a, b) => Math.max(a, b));
  const ids = Array.from(logits.keys()).filter((id) => probs[id] >= threshold);
  return keepOnly(logits, ids);
}
