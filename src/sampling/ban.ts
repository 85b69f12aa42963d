import type { Logits } from "../math/logits.ts";
import { checkIds } from "./ids.ts";

/**
 * Banned sequences: the last id of a sequence becomes -Infinity if the history ends with the ids
 * before it, so that the sequence is never completed. A sequence of one id is always banned. A
 * history that is shorter than the ids before the last one does not match.
 *
 * @param history the previous ids, in order
 * @param sequences each of at least one id
 * @throws {RangeError} on an empty sequence, an id outside [0, V), or if no token is left
 * @see Hugging Face's `NoBadWordsLogitsProcessor`
 */
export function ban(
  logits: Logits,
  history: readonly number[],
  sequences: readonly (readonly number[])[],
): Float64Array {
  const left = Float64Array.from(logits);
  if (sequences.length === 0) return left;
  checkIds("ban", history, logits.length);
  for (const sequence of sequences) {
    if (sequence.length === 0) throw new RangeError("ban: a sequence must hold an id, got none");
    checkIds("ban", sequence, logits.length);
    const last = sequence.length - 1;
    const start = history.length - last;
    // Before the start of the history the id is undefined, which equals no id.
    const ends = sequence.slice(0, last).every((id, i) => id === history[start + i]);
    if (ends) left[sequence[last]] = Number.NEGATIVE_INFINITY;
  }
  if (left.every((logit) => logit === Number.NEGATIVE_INFINITY)) {
    throw new RangeError(`ban: at least one token must be left, got none of ${left.length}`);
  }
  return left;
}
