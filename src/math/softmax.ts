/**
 * `e^(s - max) / sum`, in place, over the first `length` scores. Subtracting the largest score
 * keeps every power in (0, 1]; a score of -Infinity becomes exactly 0.
 *
 * @param scores `[length]` or longer, overwritten by probabilities
 * @throws {RangeError} if the largest score is not finite
 */
export function softmaxInPlace(scores: Float64Array, length = scores.length): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < length; i++) if (!(scores[i] <= largest)) largest = scores[i];
  if (!Number.isFinite(largest)) {
    const got = `the largest of ${length} scores must be finite, got ${largest}`;
    throw new RangeError(`softmax: ${got}`);
  }
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const power = Math.exp(scores[i] - largest);
    scores[i] = power;
    sum += power;
  }
  for (let i = 0; i < length; i++) scores[i] /= sum;
}

/** As {@link softmaxInPlace}, without changing the scores. */
export function softmax(scores: ArrayLike<number>): Float64Array {
  const probs = Float64Array.from(scores);
  softmaxInPlace(probs);
  return probs;
}

/**
 * `log softmax(s) = s - max - ln sum e^(s - max)`: finite where softmax underflows to 0.
 *
 * @throws {RangeError} as {@link softmaxInPlace}
 */
export function logSoftmax(scores: ArrayLike<number>): Float64Array {
  const logProbs = Float64Array.from(scores);
  const largest = logProbs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(largest)) {
    const got = `the largest of ${logProbs.length} scores must be finite, got ${largest}`;
    throw new RangeError(`logSoftmax: ${got}`);
  }
  const sum = logProbs.reduce((total, score) => total + Math.exp(score - largest), 0);
  return logProbs.map((score) => score - largest - Math.log(sum));
}
