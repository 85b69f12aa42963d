/**
 * A model as an ONNX graph of basic operators, none of them fused: the arithmetic is that of the
 * engine which runs it.
 *
 * A run reads `input_ids` and `position_ids`, `[T]`, and for every layer l the keys and values so
 * far, `past_key_values.l.key` and `.value`, `[past, K, H]`. It returns `logits`, `[T, V]`, and for
 * every layer all keys and values, `present.l.key` and `.value`, `[S, K, H]`. Positions are the
 * first axis, so dropping the last tokens keeps a prefix.
 *
 * Letters: T new tokens, S = past + T, N query heads, K key-value heads, G = N / K, H head width, R
 * rotated entries of a head, D model width, P context, V vocabulary.
 */
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import type { LayerWeights, Linear, Norm } from "../model/weights.ts";
import { type FloatWidth, OnnxGraph, type Value } from "./onnx-graph.ts";
import { activations, layerNorm, rmsNorm } from "./onnx-operators.ts";

/** The values that the layers of one model share. */
interface Shared extends ModelConfig {
  readonly graph: OnnxGraph;
  /** Returns the constant of these weights, with their Hugging Face name. */
  readonly held: (data: Float64Array) => Value;
  readonly eps: Value;
  /** `1 / sqrt(H)` */
  readonly scale: Value;
  /** `[T, S]`: 0 at positions that a token attends to, -Infinity elsewhere. */
  readonly mask: Value;
  readonly rope: Rope | null;
}

/** The inputs of {@link rotate}: factors of the new tokens' positions, `[T, 1, H]`. */
interface Rope {
  readonly own: Value;
  readonly others: Value;
  /** `[H]` */
  readonly partners: Value;
}

/** The names of the cache of a layer, as input and as output. */
export const cacheNames = (layer: number) => ({
  past: [`past_key_values.${layer}.key`, `past_key_values.${layer}.value`] as const,
  present: [`present.${layer}.key`, `present.${layer}.value`] as const,
});

/**
 * Returns the bytes of an `.onnx` file that computes the model.
 *
 * @param floats the floating-point type of the graph; in float32 the weights are rounded
 * @throws {RangeError} on a model of 2 GiB or more, the limit of protocol buffers
 */
export function onnxBytes({ name, config, weights }: Model, floats: FloatWidth): Uint8Array {
  const graph = new OnnxGraph(floats);
  const names = new Map(weights.tensors.map(({ name, shape, data }) => [data, { name, shape }]));
  for (const [data, { name, shape }] of names) graph.constant(data, shape, name);
  const held = (data: Float64Array) => names.get(data)!.name;

  const tokens = graph.input("input_ids", "int64", ["T"]);
  const positions = graph.input("position_ids", "int64", ["T"]);
  const past = weights.layers.map((_, l) => cacheInputs(graph, config, l));
  const shared: Shared = {
    ...config,
    graph,
    held,
    eps: graph.scalar(config.normEps),
    scale: graph.scalar(1 / Math.sqrt(config.headDim)),
    mask: mask(graph, config, past[0].key, tokens),
    rope: config.positions === "rope" ? rope(graph, config, positions) : null,
  };

  const embedTokens = held(weights.embedTokens);
  const rows = graph.node("Gather", [embedTokens, tokens]);
  const table = positionTable(shared, weights.embedPositions);
  let x =
    table === null ? rows : graph.node("Add", [rows, graph.node("Gather", [table, positions])]);
  for (const [l, layer] of weights.layers.entries()) x = block(shared, layer, x, past[l]);
  const final = weights.norm === null ? x : norm(shared, weights.norm, x);
  const head = config.tieWordEmbeddings ? embedTokens : held(weights.lmHead.weight);
  linear(shared, weights.lmHead, final, head, "logits");
  graph.output("logits", floats, ["T", config.vocabSize]);
  return graph.bytes(name);
}

// --- positions and masks ---

/** Returns the rows to add to the embeddings, by position, `[P, D]`; null if there are none. */
function positionTable(shared: Shared, learned: Float64Array | null): Value | null {
  const { graph, held, hiddenSize: D, maxPositionEmbeddings: P } = shared;
  if (learned !== null) return held(learned);
  if (shared.positions !== "sinusoidal") return null;
  const table = Float64Array.from({ length: P * D }, (_, i) => {
    const [position, d] = [Math.floor(i / D), i % D];
    const pair = Math.floor(d / 2);
    const angle = position * 10_000 ** (-(2 * pair) / D);
    return d === 2 * pair ? Math.sin(angle) : Math.cos(angle);
  });
  return graph.constant(table, [P, D]);
}

/**
 * Returns the causal mask with the window: new token t has index past + t and attends to index s if
 * `0 <= past + t - s < w`.
 */
function mask(graph: OnnxGraph, config: ModelConfig, pastKey: Value, tokens: Value): Value {
  const past = graph.node("Shape", [pastKey], { start: 0, end: 1 });
  const total = graph.node("Add", [past, graph.node("Shape", [tokens])]);
  const zero = graph.integers(0);
  const places = graph.node("Range", [
    graph.node("Squeeze", [zero]),
    graph.node("Squeeze", [total]),
    graph.node("Squeeze", [graph.integers(1)]),
  ]);
  const fresh = graph.node("Slice", [places, past, total]);
  const distance = graph.node("Sub", [graph.node("Unsqueeze", [fresh, graph.integers(1)]), places]);
  const ahead = graph.node("Less", [distance, zero]);
  const { slidingWindow } = config;
  const hidden =
    slidingWindow === null
      ? ahead
      : graph.node("Or", [
          ahead,
          graph.node("GreaterOrEqual", [distance, graph.integers(slidingWindow)]),
        ]);
  const never = graph.scalar(Number.NEGATIVE_INFINITY);
  return graph.node("Where", [hidden, never, graph.scalar(0)]);
}

/**
 * Returns RoPE as two tables over positions: entry h of a head becomes
 * `own[h] x[h] + others[h] x[p(h)]`, where p(h) is the other entry of its pair. `own` is the cosine
 * of their angle, `others` its sine, negative for the first of the two; entries that are not
 * rotated have 1 and 0.
 */
function rope(graph: OnnxGraph, config: ModelConfig, positions: Value): Rope {
  const { headDim: H, maxPositionEmbeddings: P, partialRotaryFactor, ropeLayout } = config;
  const R = H * partialRotaryFactor;
  const partners = Array.from({ length: H }, (_, h) => h);
  const own = new Float64Array(P * H).fill(1);
  const others = new Float64Array(P * H);
  for (let pair = 0; pair < R / 2; pair++) {
    const [a, b] = ropeLayout === "half-split" ? [pair, pair + R / 2] : [2 * pair, 2 * pair + 1];
    [partners[a], partners[b]] = [b, a];
    const frequency = ropeFrequency(config, config.ropeTheta ** (-(2 * pair) / R));
    for (let position = 0; position < P; position++) {
      const angle = position * frequency;
      own[position * H + a] = Math.cos(angle);
      own[position * H + b] = Math.cos(angle);
      others[position * H + a] = -Math.sin(angle);
      others[position * H + b] = Math.sin(angle);
    }
  }
  const rows = (table: Float64Array) =>
    graph.node("Gather", [graph.constant(table, [P, 1, H]), positions]);
  return { own: rows(own), others: rows(others), partners: graph.integers(...partners) };
}

/** Returns a frequency in radians per position, with Llama 3.1's scaling. */
function ropeFrequency({ ropeScaling }: ModelConfig, frequency: number): number {
  if (ropeScaling === null) return frequency;
  const { factor, lowFreqFactor, highFreqFactor } = ropeScaling;
  const wavelengths = (ropeScaling.originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
  if (wavelengths <= lowFreqFactor) return frequency / factor;
  if (wavelengths >= highFreqFactor) return frequency;
  const share = (wavelengths - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return frequency * (share + (1 - share) / factor);
}

/** @param x `[T, heads, H]` */
function rotate({ graph, rope }: Shared, x: Value): Value {
  if (rope === null) return x;
  const partners = graph.node("Gather", [x, rope.partners], { axis: 2 });
  return graph.node("Add", [
    graph.node("Mul", [x, rope.own]),
    graph.node("Mul", [partners, rope.others]),
  ]);
}

// --- blocks ---

/** A layer's keys and values of earlier runs, and the names of its outputs. */
interface Cache {
  readonly key: Value;
  readonly value: Value;
  readonly presentKey: Value;
  readonly presentValue: Value;
}

function cacheInputs(graph: OnnxGraph, config: ModelConfig, layer: number): Cache {
  const { numKeyValueHeads: K, headDim: H } = config;
  const { past, present } = cacheNames(layer);
  const [key, value] = past.map((name) => graph.input(name, graph.floats, ["past", K, H]));
  for (const name of present) graph.output(name, graph.floats, ["S", K, H]);
  return { key, value, presentKey: present[0], presentValue: present[1] };
}

/** @param x `[T, D]` */
function block(shared: Shared, layer: LayerWeights, x: Value, cache: Cache): Value {
  const { graph } = shared;
  const attended = attention(shared, layer, norm(shared, layer.inputLayernorm, x), cache);
  const after = graph.node("Add", [x, attended]);
  const inner = norm(shared, layer.postAttentionLayernorm, after);
  return graph.node("Add", [after, feedForward(shared, layer, inner)]);
}

/** `softmax(q k^T / sqrt(H) + mask) v`, query head n reading key-value head `floor(n / G)`. */
function attention(shared: Shared, layer: LayerWeights, x: Value, cache: Cache): Value {
  const { graph, numAttentionHeads: N, numKeyValueHeads: K, headDim: H } = shared;
  const split = (projection: Linear, heads: number) =>
    graph.node("Reshape", [linear(shared, projection, x), graph.integers(-1, heads, H)]);
  const place = (heads: Value, gain: Norm | null) => {
    if (gain === null) return rotate(shared, heads);
    return rotate(shared, rmsNorm(graph, heads, shared.held(gain.weight), shared.eps));
  };
  const joined = (past: Value, rows: Value, present: Value) =>
    graph.node("Concat", [past, rows], { axis: 0 }, present);

  const query = place(split(layer.qProj, N), layer.qNorm); // [T, N, H]
  const newKey = place(split(layer.kProj, K), layer.kNorm);
  const key = joined(cache.key, newKey, cache.presentKey); // [S, K, H]
  const value = joined(cache.value, split(layer.vProj, K), cache.presentValue);

  const grouped = graph.node("Reshape", [query, graph.integers(-1, K, N / K, H)]);
  const perGroup = graph.node("Transpose", [grouped], { perm: [1, 2, 0, 3] }); // [K, G, T, H]
  const shareKey = (rows: Value, perm: readonly number[]) =>
    graph.node("Unsqueeze", [graph.node("Transpose", [rows], { perm }), graph.integers(1)]);
  const products = graph.node("MatMul", [perGroup, shareKey(key, [1, 2, 0])]); // [K, G, T, S]
  const scores = graph.node("Mul", [products, shared.scale]);
  const masked = graph.node("Add", [scores, shared.mask]);
  const probs = graph.node("Softmax", [masked], { axis: -1 });
  const mixed = graph.node("MatMul", [probs, shareKey(value, [1, 0, 2])]); // [K, G, T, H]
  const perToken = graph.node("Transpose", [mixed], { perm: [2, 0, 1, 3] });
  const rows = graph.node("Reshape", [perToken, graph.integers(-1, N * H)]);
  return linear(shared, layer.oProj, rows);
}

/** SwiGLU: `down(silu(gate(x)) * up(x))`; otherwise `down(activation(up(x)))`. */
function feedForward(shared: Shared, layer: LayerWeights, x: Value): Value {
  const { graph } = shared;
  const activate = (value: Value) => activations[shared.feedForward](graph, value);
  const up = linear(shared, layer.upProj, x);
  const inner =
    layer.gateProj === null
      ? activate(up)
      : graph.node("Mul", [activate(linear(shared, layer.gateProj, x)), up]);
  return linear(shared, layer.downProj, inner);
}

function norm({ graph, held, eps }: Shared, { weight, bias }: Norm, x: Value): Value {
  return bias === null
    ? rmsNorm(graph, x, held(weight), eps)
    : layerNorm(graph, x, held(weight), held(bias), eps);
}

/** `x W^T + b`, and with an adapter `+ (alpha / r) (x A^T) B^T`. */
function linear(
  { graph, held }: Shared,
  { weight, bias, lora }: Linear,
  x: Value,
  matrix = held(weight),
  name?: Value,
): Value {
  const inputs = [x, matrix, ...(bias === null ? [] : [held(bias)])];
  const times = { transB: 1 };
  if (lora === null) return graph.node("Gemm", inputs, times, name);
  const low = graph.node("Gemm", [x, held(lora.a)], times);
  const update = graph.node("Gemm", [low, held(lora.b)], times);
  const scaled = graph.node("Mul", [update, graph.scalar(lora.alpha / lora.rank)]);
  return graph.node("Add", [graph.node("Gemm", inputs, times), scaled], {}, name);
}
