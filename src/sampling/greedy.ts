import type { Logits } from "../math/logits.ts";

/**
 * Returns the token of the largest logit; of equal ones, the lowest id.
 *
 * @throws {RangeError} if the largest logit is not finite
 */
export function greedy(logits: Logits): number {
  let best = 0;
  for (let v = 1; v < logits.length; v++) if (logits[v] > logits[best]) best = v;
  if (!Number.isFinite(logits[best]) || logits.some(Number.isNaN)) {
    const got = logits.some(Number.isNaN) ? Number.NaN : logits[best];
    throw new RangeError(
      `greedy: the largest of ${logits.length} logits must be finite, got ${got}`,
    );
  }
  return best;
}
