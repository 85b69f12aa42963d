/** Texts up to this length are compared at every position. */
const shortText = 48;

/**
 * Returns the positions at which a text of this length is compared with a new sequence, which takes
 * a time that grows with the position: all of a short text; of a long one the first, the last, and
 * those around each power of two.
 */
export function comparedPositions(length: number): ReadonlySet<number> {
  if (length <= shortText) return new Set(Array.from({ length }, (_, t) => t));
  const around = Array.from({ length: Math.ceil(Math.log2(length)) }, (_, e) => 2 ** e);
  const all = [0, 1, ...around.flatMap((t) => [t - 1, t, t + 1]), length - 2, length - 1];
  return new Set(all.filter((t) => t < length));
}
