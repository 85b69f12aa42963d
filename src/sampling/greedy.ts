import type { Logits } from "../math/logits.ts";

/**
 * The token of the largest logit; of several, the one with the lowest id.
 *
 * @throws {RangeError} when the largest logit is not finite: there is nothing to choose
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
