import { softmaxInPlace } from "./softmax.ts";

/** One layer's part of a KV cache: keys and values, each `[K][capacity][H]`. */
export interface LayerCache {
  readonly keys: Float64Array;
  readonly values: Float64Array;
  readonly capacity: number;
}

/** An implementation of attention, with its working memory. */
export interface AttentionKernel {
  /**
   * Computes attention of one position's query heads over the cached positions `first` to `last`:
   * `out = softmax(q k^T / sqrt(H)) v`. Query head n reads key-value head `floor(n / (N / K))`.
   *
   * Scores and weighted values are summed in the order of positions, whatever is cached after
   * `last`: a result depends only on the positions it attends to.
   */
  readonly attend: (
    out: Float64Array,
    query: Float64Array,
    cache: LayerCache,
    headDim: number,
    first: number,
    last: number,
  ) => void;
  /** Length of its score buffer: the number of scores held at once. */
  readonly scoreMemory: number;
}

/**
 * Returns the standard attention, which keeps all scores of a head at once.
 *
 * @param capacity the largest number of positions to attend to
 */
export function standardAttention(capacity: number): AttentionKernel {
  const scores = new Float64Array(capacity);
  const attend: AttentionKernel["attend"] = (out, query, cache, headDim, first, last) => {
    const headCount = query.length / headDim;
    const groupSize = headCount / (cache.keys.length / (cache.capacity * headDim));
    const length = last - first + 1;
    for (let n = 0; n < headCount; n++) {
      const base = (Math.floor(n / groupSize) * cache.capacity + first) * headDim;
      score(scores, query, n * headDim, cache.keys, base, headDim, length);
      softmaxInPlace(scores, length);
      mix(out, n * headDim, scores, cache.values, base, headDim, length);
    }
  };
  return { attend, scoreMemory: scores.length };
}

/**
 * `scores[j] = q . k_j / sqrt(H)`; four positions at a time share the loads of `q`.
 *
 * @param q where the head begins in `query`
 * @param base where the key of the first position begins in `keys`
 */
export function score(
  scores: Float64Array,
  query: Float64Array,
  q: number,
  keys: Float64Array,
  base: number,
  headDim: number,
  length: number,
): void {
  const scale = 1 / Math.sqrt(headDim);
  let j = 0;
  for (; j + 3 < length; j += 4) {
    const key0 = base + j * headDim;
    const key1 = key0 + headDim;
    const key2 = key1 + headDim;
    const key3 = key2 + headDim;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let h = 0; h < headDim; h++) {
      const v = query[q + h];
      sum0 += v * keys[key0 + h];
      sum1 += v * keys[key1 + h];
      sum2 += v * keys[key2 + h];
      sum3 += v * keys[key3 + h];
    }
    scores[j] = sum0 * scale;
    scores[j + 1] = sum1 * scale;
    scores[j + 2] = sum2 * scale;
    scores[j + 3] = sum3 * scale;
  }
  for (; j < length; j++) {
    const key = base + j * headDim;
    let sum = 0;
    for (let h = 0; h < headDim; h++) sum += query[q + h] * keys[key + h];
    scores[j] = sum * scale;
  }
}

/** `out[h] = sum_j p_j v_j[h]`; four entries of the head at a time share the loads of `p`. */
function mix(
  out: Float64Array,
  o: number,
  probs: Float64Array,
  values: Float64Array,
  base: number,
  headDim: number,
  length: number,
): void {
  let h = 0;
  for (; h + 3 < headDim; h += 4) {
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let j = 0, value = base + h; j < length; j++, value += headDim) {
      const p = probs[j];
      sum0 += p * values[value];
      sum1 += p * values[value + 1];
      sum2 += p * values[value + 2];
      sum3 += p * values[value + 3];
    }
    out[o + h] = sum0;
    out[o + h + 1] = sum1;
    out[o + h + 2] = sum2;
    out[o + h + 3] = sum3;
  }
  for (; h < headDim; h++) {
    let sum = 0;
    for (let j = 0; j < length; j++) sum += probs[j] * values[base + j * headDim + h];
    out[o + h] = sum;
  }
}
