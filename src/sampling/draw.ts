/**
 * Returns the token at `u` of the cumulative distribution: the first id whose cumulative
 * probability exceeds `u`. If rounding leaves the sum of probabilities at or below `u`, it is the
 * last token with a positive probability.
 *
 * @param probs `[V]`, non-negative, summing to about 1
 * @param u in [0, 1)
 * @throws {RangeError} if `u` is outside [0, 1) or no probability is positive
 */
export function draw(probs: ArrayLike<number>, u: number): number {
  if (!(u >= 0 && u < 1)) throw new RangeError(`draw: u must be a number in [0, 1), got ${u}`);
  let cumulative = 0;
  let last = -1;
  for (let id = 0; id < probs.length; id++) {
    if (!(probs[id] > 0)) continue;
    cumulative += probs[id];
    last = id;
    if (u < cumulative) return id;
  }
  if (last < 0) throw new RangeError("draw: at least one probability must be positive, got none");
  return last;
}
