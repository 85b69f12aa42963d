import type { Logits } from "../math/logits.ts";

/** Token ids from the largest logit to the smallest; among equals the lower id comes first. */
export function rank(logits: Logits): number[] {
  const ids = Array.from(logits, (_, id) => id);
  return ids.sort((a, b) => logits[b] - logits[a] || a - b);
}

/** The logits with every token that is not in `ids` at -Infinity: a probability of exactly 0. */
export function keepOnly(logits: Logits, ids: readonly number[]): Float64Array {
  const kept = new Float64Array(logits.length).fill(Number.NEGATIVE_INFINITY);
  for (const id of ids) kept[id] = logits[id];
  return kept;
}
