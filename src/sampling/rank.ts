import type { Logits } from "../math/logits.ts";

/** Returns token ids from the largest logit to the smallest; equal ones by ascending id. */
export function rank(logits: Logits): number[] {
  const ids = Array.from(logits, (_, id) => id);
  return ids.sort((a, b) => logits[b] - logits[a] || a - b);
}

/** Returns the logits with -Infinity, a probability of 0, for every token not in `ids`. */
export function keepOnly(logits: Logits, ids: readonly number[]): Float64Array {
  const kept = new Float64Array(logits.length).fill(Number.NEGATIVE_INFINITY);
  for (const id of ids) kept[id] = logits[id];
  return kept;
}
