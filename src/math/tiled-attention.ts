import { type AttentionKernel, type LayerCache, score } from "./attention.ts";

/**
 * Returns an attention that holds the scores of one tile of positions at a time, as Flash Attention
 * does. Every head keeps a running maximum m and sum l, and rescales its weighted sum of values
 * when a tile has a larger maximum:
 *
 *     m' = max(m, max s)
 *     l' = l e^(m - m') + sum e^(s - m')
 *     o' = o e^(m - m') + sum e^(s - m') v
 *
 * and `out = o / l` after the last tile. It saves memory, not work: it has all products of standard
 * attention, and H + 1 more for each tile and head, to rescale.
 *
 * Tiles begin at multiples of `tileSize`, independent of the window and of how tokens were
 * appended, so that the result of a position is always the same, bit for bit.
 *
 * @param tileSize number of positions in a tile
 * @throws {RangeError} if `tileSize` is not a positive integer
 * @see Milakov and Gimelshein 2018, "Online normalizer calculation for softmax"
 * @see Dao et al. 2022, "FlashAttention", algorithm 1
 */
export function tiledAttention(tileSize: number): AttentionKernel {
  if (!Number.isSafeInteger(tileSize) || tileSize <= 0) {
    throw new RangeError(`tiledAttention: tileSize must be a positive integer, got ${tileSize}`);
  }
  const scores = new Float64Array(tileSize);
  const attend: AttentionKernel["attend"] = (out, query, cache, headDim, first, last) => {
    const headCount = query.length / headDim;
    const groupSize = headCount / (cache.keys.length / (cache.capacity * headDim));
    for (let n = 0; n < headCount; n++) {
      const group = Math.floor(n / groupSize) * cache.capacity;
      attendHead(scores, out, query, n * headDim, cache, group, headDim, first, last);
    }
  };
  return { attend, scoreMemory: scores.length };
}

/**
 * @param o where the head begins in `out` and `query`
 * @param group the row of `cache` that is position 0 of the head's key-value head
 */
function attendHead(
  scores: Float64Array,
  out: Float64Array,
  query: Float64Array,
  o: number,
  { keys, values }: LayerCache,
  group: number,
  headDim: number,
  first: number,
  last: number,
): void {
  const tileSize = scores.length;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  out.fill(0, o, o + headDim);
  for (let start = first, end = first; start <= last; start = end) {
    end = Math.min(last + 1, start - (start % tileSize) + tileSize);
    const base = (group + start) * headDim;
    score(scores, query, o, keys, base, headDim, end - start);
    const newMax = largest(scores, end - start, max);
    if (newMax === Number.NEGATIVE_INFINITY) continue; // nothing in it has a probability
    const rescale = Math.exp(max - newMax);
    sum = sum * rescale + powersInPlace(scores, end - start, newMax);
    mixTile(out, o, rescale, scores, values, base, headDim, end - start);
    max = newMax;
  }
  if (!Number.isFinite(max)) {
    const got = `the largest of ${last - first + 1} scores must be finite, got ${max}`;
    throw new RangeError(`tiledAttention: ${got}`);
  }
  for (let h = 0; h < headDim; h++) out[o + h] /= sum;
}

/** Returns the largest of `max` and the first `length` scores; NaN if one of them is NaN. */
function largest(scores: Float64Array, length: number, max: number): number {
  let largest = max;
  for (let j = 0; j < length; j++) largest = Math.max(largest, scores[j]);
  return largest;
}

/** Replaces scores by `e^(s - max)` and returns their sum. */
function powersInPlace(scores: Float64Array, length: number, max: number): number {
  let sum = 0;
  for (let j = 0; j < length; j++) {
    scores[j] = Math.exp(scores[j] - max);
    sum += scores[j];
  }
  return sum;
}

/** `out[h] = out[h] rescale + sum_j p_j v_j[h]` */
function mixTile(
  out: Float64Array,
  o: number,
  rescale: number,
  powers: Float64Array,
  values: Float64Array,
  base: number,
  headDim: number,
  length: number,
): void {
  for (let h = 0; h < headDim; h++) {
    let sum = out[o + h] * rescale;
    for (let j = 0; j < length; j++) sum += powers[j] * values[base + j * headDim + h];
    out[o + h] = sum;
  }
}
