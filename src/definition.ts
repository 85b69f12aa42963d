/**
 * The defining equations of a decoder: the whole sequence at once, float64, no cache.
 *
 * It is written to be obviously correct. It imports nothing that computes and shares no helper with
 * the reference decoder; golden logits are recorded from it. Read it from `forward` down.
 *
 * Letters: T tokens, D model width, N query heads, K key-value heads, H head width, F feed-forward
 * width, V vocabulary. A hidden state is one row of D numbers; `x[t]` belongs to position t, from
 * 0.
 *
 * The arithmetic is a parameter: the same equations run in float64, in float32 to measure the noise
 * of such an engine, or with a counter of every multiply-add.
 */

import type { DefinitionStages, Vector } from "./decoder.ts";
import type { Arithmetic } from "./math/arithmetic.ts";
import type { ModelConfig } from "./model/config.ts";
import type { LayerWeights, Linear, Norm, Weights } from "./model/weights.ts";

const float64: Arithmetic = { round: (x) => x, products: () => {} };

/** The settings of one pass: the model's configuration and the arithmetic. */
type PassSettings = ModelConfig & Arithmetic;

/**
 * Returns the logits after every token.
 *
 *     x = E[tokens] (+ positions)
 *     x = x + attention(norm(x));  x = x + feedForward(norm(x))      for every block
 *     logits = norm(x) W_head^T (+ b)
 *
 * @param tokens ids in [0, V), at most P of them
 * @returns `[T][V]`
 * @see Vaswani et al. 2017; pre-norm as in Radford et al. 2019; Touvron et al. 2023 (Llama)
 */
export function forward(
  config: ModelConfig,
  weights: Weights,
  tokens: readonly number[],
  arithmetic = float64,
): Vector[] {
  return [...forwardStages(config, weights, tokens, arithmetic).logits] as Vector[];
}

/** As {@link forward}, with all intermediate values. */
export function forwardStages(
  config: ModelConfig,
  weights: Weights,
  tokens: readonly number[],
  arithmetic = float64,
): DefinitionStages {
  const pass: PassSettings = { ...config, ...arithmetic };
  const embedding = tokens.map((token, t) => embed(pass, weights, token, t));
  const layers: DefinitionStages["layers"][number][] = [];
  let x = embedding;
  for (const layer of weights.layers) {
    const normed = x.map((row) => norm(pass, layer.inputLayernorm, row));
    const heads = attention(pass, layer, normed);
    const attended = heads.mixed.map((row) => linear(pass, layer.oProj, row));
    const afterAttention = x.map((row, t) => add(pass, row, attended[t]));
    x = afterAttention.map((row) => {
      const inner = norm(pass, layer.postAttentionLayernorm, row);
      return add(pass, row, feedForward(pass, layer, inner));
    });
    layers.push({ ...heads, afterAttention, output: x });
  }
  const final = x.map((row) => (weights.norm === null ? row : norm(pass, weights.norm, row)));
  const logits = final.map((row) => linear(pass, weights.lmHead, row));
  return { embedding, layers, final, logits };
}

// --- embedding and positions ---

function embed(pass: PassSettings, weights: Weights, token: number, t: number): Vector {
  const { hiddenSize: D, positions } = pass;
  const row = [...weights.embedTokens.subarray(token * D, (token + 1) * D)];
  if (positions === "learned") {
    return add(pass, row, [...weights.embedPositions!.subarray(t * D, (t + 1) * D)]);
  }
  return positions === "sinusoidal" ? add(pass, row, sinusoid(t, D)) : row;
}

/** `PE(t, 2i) = sin(t / 10000^(2i/D))`, and `PE(t, 2i + 1)` its cosine. Vaswani et al. 3.5. */
function sinusoid(t: number, D: number): Vector {
  return range(D).map((d) => {
    const angle = t / 10_000 ** ((d - (d % 2)) / D);
    return d % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

/**
 * Rotates each pair `(a, b)` of a head by `t * frequency`: `(a cos - b sin, a sin + b cos)`.
 * Su et al. 2021, equation 34. Only the first R entries of the head are rotated.
 */
function rope(pass: PassSettings, head: Vector, t: number): Vector {
  const R = pass.headDim * pass.partialRotaryFactor;
  const rotated = [...head];
  for (let i = 0; i < R / 2; i++) {
    const [a, b] = pass.ropeLayout === "half-split" ? [i, i + R / 2] : [2 * i, 2 * i + 1];
    const angle = t * ropeFrequency(pass, i, R);
    rotated[a] = pass.round(head[a] * Math.cos(angle) - head[b] * Math.sin(angle));
    rotated[b] = pass.round(head[a] * Math.sin(angle) + head[b] * Math.cos(angle));
  }
  return rotated;
}

/**
 * `theta^(-2i/R)`, in radians per position. Llama 3.1 divides the slow frequencies by `factor`,
 * keeps the fast ones, and blends between: "The Llama 3 Herd of Models", and `rope_type: llama3`.
 */
function ropeFrequency({ ropeTheta, ropeScaling }: ModelConfig, i: number, R: number): number {
  const frequency = ropeTheta ** (-(2 * i) / R);
  if (ropeScaling === null) return frequency;
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = ropeScaling;
  const turns = (originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
  const kept = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  const blend = Math.min(1, Math.max(0, kept));
  return blend * frequency + (1 - blend) * (frequency / factor);
}

// --- attention ---

/**
 * `softmax(q k^T / sqrt(H)) v` for every query head n, which reads key-value head `floor(n / G)`,
 * G = N / K; position t sees positions s <= t, and with a window w only those with s > t - w.
 * Ainslie et al. 2023 (grouped queries); Jiang et al. 2023 (sliding window).
 */
function attention(pass: PassSettings, layer: LayerWeights, x: Vector[]) {
  const { numAttentionHeads: N, numKeyValueHeads: K, headDim: H } = pass;
  const window = pass.slidingWindow ?? Number.POSITIVE_INFINITY;
  const { attend = pass.round } = pass;
  const mixing: PassSettings = { ...pass, round: attend };
  const place = (gain: Norm | null, head: Vector, t: number) => {
    const normed = gain === null ? head : rmsNorm(pass, gain, head);
    return (pass.positions === "rope" ? rope(pass, normed, t) : normed).map(attend);
  };
  const split = (projection: Linear, row: Vector) => heads(linear(pass, projection, row), H);
  const query = x.map((row, t) => split(layer.qProj, row).map((q) => place(layer.qNorm, q, t)));
  const key = x.map((row, t) => split(layer.kProj, row).map((k) => place(layer.kNorm, k, t)));
  const value = x.map((row) => split(layer.vProj, row).map((v) => v.map(attend)));

  const probs: Vector[][] = range(N).map(() => []);
  const mixed = x.map((_, t) => {
    const seen = range(x.length).filter((s) => s <= t && s > t - window);
    return range(N).flatMap((n) => {
      const group = Math.floor(n / (N / K));
      const scores = seen.map((s) => dot(pass, query[t][n], key[s][group]));
      const p = softmax(
        pass,
        scores.map((score) => pass.round(score / Math.sqrt(H))),
      );
      probs[n].push(range(x.length).map((s) => p[s - seen[0]] ?? 0));
      return range(H).map((h) =>
        dot(
          mixing,
          p,
          seen.map((s) => value[s][group][h]),
        ),
      );
    });
  });
  const rows = (split: Vector[][]) => split.map((row) => row.flat());
  return { query: rows(query), key: rows(key), value: rows(value), attention: probs, mixed };
}

/** `e^(s - max) / sum`: non-negative, summing to 1. */
function softmax(pass: PassSettings, scores: Vector): Vector {
  const { accumulate = pass.round } = pass;
  const largest = Math.max(...scores);
  const powers = scores.map((score) => accumulate(Math.exp(score - largest)));
  const total = sum(pass, powers);
  return powers.map((power) => pass.round(power / total));
}

// --- feed-forward ---

/** SwiGLU: `down(silu(gate(x)) * up(x))`, Shazeer 2020; otherwise `down(act(up(x)))`. */
function feedForward(pass: PassSettings, layer: LayerWeights, x: Vector): Vector {
  const { feedForward: kind, round, activate = round } = pass;
  const up = linear(pass, layer.upProj, x);
  const inner =
    kind === "swiglu"
      ? linear(pass, layer.gateProj!, x).map((gate, f) =>
          round(round(activations.silu(gate)) * up[f]),
        )
      : up.map((v) => activate(activations[kind](activate(v))));
  return linear(pass, layer.downProj, inner);
}

/** GELU, Hendrycks and Gimpel 2016: `x Phi(x)`, exactly and by the tanh of GPT-2. */
const activations = {
  silu: (x: number) => x / (1 + Math.exp(-x)),
  relu: (x: number) => Math.max(0, x),
  gelu: (x: number) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: (x: number) =>
    0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

/**
 * The error function. Below 3 its Taylor series, `2/sqrt(pi) sum (-1)^n x^(2n+1) / (n! (2n+1))`,
 * written without cancellation as `e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!`; from 3 on the continued
 * fraction of its complement. Abramowitz and Stegun 7.1.6 and 7.1.14.
 */
function erf(x: number): number {
  if (x < 0) return -erf(-x);
  if (x < 3) {
    let term = x;
    let total = x;
    for (let n = 1; term > total * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      total += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
  }
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return 1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

// --- norms ---

function norm(pass: PassSettings, gain: Norm, x: Vector): Vector {
  return pass.norm === "rmsnorm" ? rmsNorm(pass, gain, x) : layerNorm(pass, gain, x);
}

/** `g x / sqrt(mean(x^2) + eps)`. Zhang and Sennrich 2019. */
function rmsNorm(pass: PassSettings, { weight }: Norm, x: Vector): Vector {
  const { round, accumulate = round, normEps } = pass;
  const scale = accumulate(1 / Math.sqrt(meanSquare(pass, x) + normEps));
  return x.map((v, i) => round(accumulate(v * scale) * weight[i]));
}

/** `g (x - mean) / sqrt(variance + eps) + b`, the variance over D, not D - 1. Ba et al. 2016. */
function layerNorm(pass: PassSettings, { weight, bias }: Norm, x: Vector): Vector {
  const { round, accumulate = round, normEps } = pass;
  const centre = accumulate(sum(pass, x) / x.length);
  const centred = x.map((v) => accumulate(v - centre));
  const scale = accumulate(1 / Math.sqrt(meanSquare(pass, centred) + normEps));
  return centred.map((v, i) => round(accumulate(v * scale) * weight[i] + bias![i]));
}

function meanSquare(pass: PassSettings, x: Vector): number {
  const { accumulate = pass.round } = pass;
  const squares = x.map((v) => accumulate(v * v));
  return accumulate(sum(pass, squares) / x.length);
}

// --- linear algebra ---

/** `W x + b`, with an adapter `W x + b + (alpha / r) B (A x)`. Hu et al. 2021. */
function linear(pass: PassSettings, { weight, bias, lora }: Linear, x: Vector): Vector {
  const product = times(pass, weight, x);
  const output = bias === null ? product : add(pass, product, [...bias]);
  if (lora === null) return output;
  const update = times(pass, lora.b, times(pass, lora.a, x));
  const scale = pass.round(lora.alpha / lora.rank);
  return output.map((v, o) => pass.round(v + pass.round(scale * update[o])));
}

/** `W x`, W `[out, in]`. */
function times(pass: PassSettings, weight: Float64Array, x: Vector): Vector {
  return range(weight.length / x.length).map((o) => dot(pass, weight, x, o * x.length));
}

/** `a . b`, summed from the first entry on; `a` may be a row of a matrix that begins at `start`. */
function dot(
  { round, accumulate = round, products }: PassSettings,
  a: ArrayLike<number>,
  b: Vector,
  start = 0,
): number {
  products(b.length);
  let total = 0;
  for (let i = 0; i < b.length; i++) total = accumulate(total + accumulate(a[start + i] * b[i]));
  return round(total);
}

/** `[n * H]` as n heads of `[H]`. */
function heads(row: Vector, H: number): Vector[] {
  return range(row.length / H).map((n) => row.slice(n * H, (n + 1) * H));
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function add({ round }: PassSettings, a: Vector, b: Vector): Vector {
  return a.map((v, i) => round(v + b[i]));
}

function sum({ round, accumulate = round }: PassSettings, values: Vector): number {
  return values.reduce((total, value) => accumulate(total + value), 0);
}
