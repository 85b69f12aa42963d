import type { Logits } from "../math/logits.ts";
import { keepOnly, rank } from "./rank.ts";

/**
 * Keeps the `k` largest logits, exactly min(k, V) of them: of logits that tie for the last place,
 * the lower ids are kept. The others become -Infinity.
 *
 * @param k 0 keeps all
 * @throws {RangeError} if `k` is not an integer from 0
 * @see Fan, Lewis and Dauphin 2018, "Hierarchical Neural Story Generation"
 */
export function topK(logits: Logits, k: number): Float64Array {
  if (!Number.isInteger(k) || k < 0) {
    throw new RangeError(`topK: k must be an integer from 0, got ${k}`);
  }
  if (k === 0 || k >= logits.length) return Float64Array.from(logits);
  return keepOnly(logits, rank(logits).slice(0, k));
}
