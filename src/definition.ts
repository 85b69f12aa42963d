/**
 * The decoder as its defining equations: the whole sequence at once, float64, no cache, no tricks.
 *
 * It exists to be obviously right. It imports nothing that computes, shares no helper with the
 * reference decoder, and is what golden logits are recorded from. Read it from `forward` down.
 *
 * Letters: T tokens, D model width, N query heads, K key-value heads, H head width, F feed-forward
 * width, V vocabulary. A hidden state is one row of D numbers; `x[t]` belongs to position t, from
 * 0.
 */
import type { ModelConfig } from "./config.ts";
import type { LayerWeights, Linear, Norm, Weights } from "./weights.ts";

type Row = number[];

/**
 * What a forward pass goes through on its way, for those who want to see where two decoders part.
 */
export interface Stages {
  /** The input of the first block, `[T, D]`. */
  readonly embedding: readonly Row[];
  readonly layers: readonly {
    /** Attention probabilities by head, `[N][T][T]`, zero where a position may not look. */
    readonly attention: readonly (readonly Row[])[];
    /** After the attention's residual connection, `[T, D]`. */
    readonly afterAttention: readonly Row[];
    /** The output of the block, `[T, D]`. */
    readonly output: readonly Row[];
  }[];
  /** What the head reads, `[T, D]`. */
  readonly final: readonly Row[];
  /** `[T, V]` */
  readonly logits: readonly Row[];
}

/**
 * Logits after every token.
 *
 *     x = E[tokens] (+ positions)
 *     x = x + attention(norm(x));  x = x + feedForward(norm(x))      for every block
 *     logits = norm(x) W_head^T (+ b)
 *
 * @param tokens ids in [0, V), at most P of them
 * @returns `[T][V]`
 * @see Vaswani et al. 2017; pre-norm as in Radford et al. 2019; Touvron et al. 2023 (Llama)
 */
export function forward(config: ModelConfig, weights: Weights, tokens: readonly number[]): Row[] {
  return [...forwardStages(config, weights, tokens).logits] as Row[];
}

/** As {@link forward}, with everything it went through. */
export function forwardStages(
  config: ModelConfig,
  weights: Weights,
  tokens: readonly number[],
): Stages {
  const embedding = tokens.map((token, t) => embed(config, weights, token, t));
  const layers: { attention: Row[][]; afterAttention: Row[]; output: Row[] }[] = [];
  let x = embedding;
  for (const layer of weights.layers) {
    const { probs, output } = attention(
      config,
      layer,
      x.map((row) => norm(config, layer.inputLayernorm, row)),
    );
    const afterAttention = x.map((row, t) => add(row, output[t]));
    x = afterAttention.map((row) =>
      add(row, feedForward(config, layer, norm(config, layer.postAttentionLayernorm, row))),
    );
    layers.push({ attention: probs, afterAttention, output: x });
  }
  const final = x.map((row) => (weights.norm === null ? row : norm(config, weights.norm, row)));
  return { embedding, layers, final, logits: final.map((row) => linear(weights.lmHead, row)) };
}

// --- embedding and positions ---

function embed(config: ModelConfig, weights: Weights, token: number, t: number): Row {
  const D = config.hiddenSize;
  const row = [...weights.embedTokens.subarray(token * D, (token + 1) * D)];
  if (config.positions === "learned") {
    return add(row, [...weights.embedPositions!.subarray(t * D, (t + 1) * D)]);
  }
  return config.positions === "sinusoidal" ? add(row, sinusoid(t, D)) : row;
}

/**
 * `PE(t, 2i) = sin(t / 10000^(2i/D))`, `PE(t, 2i+1) = cos` of the same angle. Vaswani et al. 3.5.
 */
function sinusoid(t: number, D: number): Row {
  return range(D).map((d) => {
    const angle = t / 10_000 ** ((d - (d % 2)) / D);
    return d % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

/**
 * Rotates each pair `(a, b)` of a head by `t * frequency`: `(a cos - b sin, a sin + b cos)`.
 * Su et al. 2021, equation 34. Only the first R entries of the head are rotated.
 */
function rope(config: ModelConfig, head: Row, t: number): Row {
  const R = config.headDim * config.partialRotaryFactor;
  const rotated = [...head];
  for (let i = 0; i < R / 2; i++) {
    const [a, b] = config.ropeLayout === "half-split" ? [i, i + R / 2] : [2 * i, 2 * i + 1];
    const angle = t * ropeFrequency(config, i, R);
    rotated[a] = head[a] * Math.cos(angle) - head[b] * Math.sin(angle);
    rotated[b] = head[a] * Math.sin(angle) + head[b] * Math.cos(angle);
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
function attention(
  config: ModelConfig,
  layer: LayerWeights,
  x: Row[],
): { probs: Row[][]; output: Row[] } {
  const { numAttentionHeads: N, numKeyValueHeads: K, headDim: H } = config;
  const window = config.slidingWindow ?? Number.POSITIVE_INFINITY;
  const place = (gain: Norm | null, head: Row, t: number) => {
    const normed = gain === null ? head : rmsNorm(gain, head, config.normEps);
    return config.positions === "rope" ? rope(config, normed, t) : normed;
  };
  const query = x.map((row, t) =>
    heads(linear(layer.qProj, row), H).map((q) => place(layer.qNorm, q, t)),
  );
  const key = x.map((row, t) =>
    heads(linear(layer.kProj, row), H).map((k) => place(layer.kNorm, k, t)),
  );
  const value = x.map((row) => heads(linear(layer.vProj, row), H));

  const probs = range(N).map((n) =>
    x.map((_, t) => {
      const group = Math.floor(n / (N / K));
      return softmax(
        x.map((_, s) =>
          s <= t && s > t - window
            ? dot(query[t][n], key[s][group]) / Math.sqrt(H)
            : Number.NEGATIVE_INFINITY,
        ),
      );
    }),
  );
  const output = x.map((_, t) => {
    const mixed = range(N).flatMap((n) => {
      const group = Math.floor(n / (N / K));
      return range(H).map((h) => sum(x.map((_, s) => probs[n][t][s] * value[s][group][h])));
    });
    return linear(layer.oProj, mixed);
  });
  return { probs, output };
}

/** `e^(s - max) / sum`, row by row: non-negative, summing to 1. */
function softmax(scores: Row): Row {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = sum(powers);
  return powers.map((power) => power / total);
}

// --- feed-forward ---

/** SwiGLU: `down(silu(gate(x)) * up(x))`, Shazeer 2020; otherwise `down(act(up(x)))`. */
function feedForward(config: ModelConfig, layer: LayerWeights, x: Row): Row {
  const up = linear(layer.upProj, x);
  const inner =
    config.feedForward === "swiglu"
      ? linear(layer.gateProj!, x).map((gate, f) => (gate / (1 + Math.exp(-gate))) * up[f])
      : up.map(activations[config.feedForward]);
  return linear(layer.downProj, inner);
}

/** Hendrycks and Gimpel 2016: `x Phi(x)`, exactly and by the tanh of GPT-2. */
const activations = {
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

function norm(config: ModelConfig, gain: Norm, x: Row): Row {
  return config.norm === "rmsnorm"
    ? rmsNorm(gain, x, config.normEps)
    : layerNorm(gain, x, config.normEps);
}

/** `g x / sqrt(mean(x^2) + eps)`. Zhang and Sennrich 2019. */
function rmsNorm({ weight }: Norm, x: Row, eps: number): Row {
  const scale = 1 / Math.sqrt(mean(x.map((v) => v * v)) + eps);
  return x.map((v, i) => v * scale * weight[i]);
}

/** `g (x - mean) / sqrt(variance + eps) + b`, the variance over D, not D - 1. Ba et al. 2016. */
function layerNorm({ weight, bias }: Norm, x: Row, eps: number): Row {
  const centre = mean(x);
  const scale = 1 / Math.sqrt(mean(x.map((v) => (v - centre) ** 2)) + eps);
  return x.map((v, i) => (v - centre) * scale * weight[i] + bias![i]);
}

// --- linear algebra ---

/** `W x + b`, W `[out, in]`. */
function linear({ weight, bias }: Linear, x: Row): Row {
  return range(weight.length / x.length).map((o) => {
    const product = sum(x.map((v, i) => weight[o * x.length + i] * v));
    return bias === null ? product : product + bias[o];
  });
}

/** `[n * H]` as n heads of `[H]`. */
function heads(row: Row, H: number): Row[] {
  return range(row.length / H).map((n) => row.slice(n * H, (n + 1) * H));
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function add(a: Row, b: Row): Row {
  return a.map((v, i) => v + b[i]);
}

function dot(a: Row, b: Row): number {
  return sum(a.map((v, i) => v * b[i]));
}

function sum(values: Row): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: Row): number {
  return sum(values) / values.length;
}
