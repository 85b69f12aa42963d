import { dropout } from "../math/dropout.ts";
import { softmaxInPlace } from "../math/softmax.ts";
import type { LayerWeights } from "../model/weights.ts";
import { linear } from "./linear.ts";
import { norm } from "./norm.ts";
import type { TrainingPass } from "./pass.ts";
import { rope } from "./rope.ts";
import { chain, type Piece, sum } from "./step.ts";

/**
 * Attention with its four projections. Queries, keys and values are computed from one x, so dX is
 * the sum of the gradients through the three.
 */
export function attention(pass: TrainingPass, layer: LayerWeights): Piece {
  const { hiddenSize: D, headDim: H, numAttentionHeads: N, numKeyValueHeads: K } = pass.config;
  const headNorm = (gain: LayerWeights["qNorm"]) => (gain === null ? [] : [norm(pass, gain)]);
  const toQuery = chain(linear(pass, layer.qProj, D), ...headNorm(layer.qNorm), rope(pass, N * H));
  const toKey = chain(linear(pass, layer.kProj, D), ...headNorm(layer.kNorm), rope(pass, K * H));
  const toValue = linear(pass, layer.vProj, D);
  const toOutput = linear(pass, layer.oProj, N * H);
  return (x) => {
    const [query, key, value] = [toQuery(x), toKey(x), toValue(x)];
    const mixed = mix(pass, query.out, key.out, value.out);
    const output = toOutput(mixed.out);
    return {
      out: output.out,
      reverse: (dOut) => {
        const { dQuery, dKey, dValue } = mixed.reverse(output.reverse(dOut));
        return sum(query.reverse(dQuery), key.reverse(dKey), value.reverse(dValue));
      },
    };
  };
}

/** The probabilities of one query head at one position, over the positions it attends to. */
interface Seen {
  /** Query head n, and the key-value head that it reads. */
  readonly n: number;
  readonly group: number;
  /** The position of the query, and the first position that it attends to. */
  readonly t: number;
  readonly first: number;
  /** After softmax, and after dropout, as used in the sum of values. */
  readonly probs: Float64Array;
  readonly dropped: Float64Array;
  /** The mask of dropout; null without it. */
  readonly mask: Float64Array | null;
}

/**
 * `o = P~ V` for every query head, `P~ = m P` under dropout, `P = softmax(q k^T / sqrt(H))`:
 *
 *     dV = P~^T dO          dP = m (dO V^T)
 *     dS = P (dP - sum of P dP) / sqrt(H)          dQ = dS K          dK = dS^T Q
 *
 * The gradients of a key-value head are summed over its query heads. Positions that a query does
 * not attend to have no score, and so no gradient.
 *
 * @param query `[T, N * H]` @param key, value `[T, K * H]`
 */
function mix(pass: TrainingPass, query: Float64Array, key: Float64Array, value: Float64Array) {
  const { headDim: H, numAttentionHeads: N, numKeyValueHeads: K, slidingWindow } = pass.config;
  const T = query.length / (N * H);
  const scale = 1 / Math.sqrt(H);
  const out = new Float64Array(query.length);
  const all: Seen[] = [];
  for (let n = 0; n < N; n++) {
    const group = Math.floor(n / (N / K));
    for (let t = 0; t < T; t++) {
      const first = slidingWindow === null ? 0 : Math.max(0, t - slidingWindow + 1);
      const q = (t * N + n) * H;
      const probs = new Float64Array(t - first + 1);
      for (let j = 0; j < probs.length; j++) {
        probs[j] = scale * dot(query, q, key, ((first + j) * K + group) * H, H);
      }
      softmaxInPlace(probs);
      const { row: dropped, mask } = dropProbs(pass, probs);
      for (let j = 0; j < probs.length; j++) {
        addScaled(out, q, dropped[j], value, ((first + j) * K + group) * H, H);
      }
      all.push({ n, group, t, first, probs, dropped, mask });
    }
  }
  const reverse = (dOut: Float64Array) => {
    const dQuery = new Float64Array(query.length);
    const dKey = new Float64Array(key.length);
    const dValue = new Float64Array(value.length);
    for (const { n, group, t, first, probs, dropped, mask } of all) {
      const q = (t * N + n) * H;
      const dScores = new Float64Array(probs.length);
      let inner = 0;
      for (let j = 0; j < probs.length; j++) {
        const v = ((first + j) * K + group) * H;
        const dProb = dot(dOut, q, value, v, H) * (mask === null ? 1 : mask[j]);
        addScaled(dValue, v, dropped[j], dOut, q, H);
        dScores[j] = dProb;
        inner += probs[j] * dProb;
      }
      for (let j = 0; j < probs.length; j++) {
        const k = ((first + j) * K + group) * H;
        const dScore = probs[j] * (dScores[j] - inner) * scale;
        addScaled(dQuery, q, dScore, key, k, H);
        addScaled(dKey, k, dScore, query, q, H);
      }
    }
    return { dQuery, dKey, dValue };
  };
  return { out, reverse };
}

function dropProbs({ dropout: options }: TrainingPass, probs: Float64Array) {
  if (options === null) return { row: probs, mask: null };
  return dropout(probs, options.probability, options.random);
}

/** `a . b` over `length` entries of each. */
function dot(a: Float64Array, i: number, b: Float64Array, j: number, length: number): number {
  let sum = 0;
  for (let h = 0; h < length; h++) sum += a[i + h] * b[j + h];
  return sum;
}

/** `out += factor x` over `length` entries of each. */
function addScaled(
  out: Float64Array,
  o: number,
  factor: number,
  x: Float64Array,
  i: number,
  length: number,
): void {
  for (let h = 0; h < length; h++) out[o + h] += factor * x[i + h];
}
