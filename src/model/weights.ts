/**
 * The weights of a model: the tensors of a configuration with their Hugging Face names and shapes.
 * One function builds them for every use: initialisation, loading (a format provides each tensor by
 * name), listing and counting.
 */

import { normal, type Random, seededRandom } from "../math/random.ts";
import type { ModelConfig } from "./config.ts";

/** A linear layer: `weight` is `[out, in]`, row-major; `bias` is `[out]` or absent. */
export interface Linear {
  readonly weight: Float64Array;
  readonly bias: Float64Array | null;
  readonly lora: LowRank | null;
}

/**
 * A low-rank adapter beside a linear layer: it adds `(alpha / r) B (A x)` to the output.
 *
 * @see Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.1
 */
export interface LowRank {
  /** r */
  readonly rank: number;
  readonly alpha: number;
  /** A, `[r, in]` */
  readonly a: Float64Array;
  /** B, `[out, r]` */
  readonly b: Float64Array;
}

/** The linear layers that can have an adapter, by the last part of their name. */
export type LoraTarget =
  | "q_proj"
  | "k_proj"
  | "v_proj"
  | "o_proj"
  | "gate_proj"
  | "up_proj"
  | "down_proj"
  | "lm_head";

/** The linear layers with an adapter, all of the same rank and alpha. */
export interface LoraConfig {
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly LoraTarget[];
}

/** A norm's gain `[width]`, and for LayerNorm its bias `[width]`. */
export interface Norm {
  readonly weight: Float64Array;
  readonly bias: Float64Array | null;
}

/** The weights of one block; null for what its configuration does not have. */
export interface LayerWeights {
  readonly inputLayernorm: Norm;
  readonly qProj: Linear;
  readonly kProj: Linear;
  readonly vProj: Linear;
  readonly oProj: Linear;
  /** RMSNorm of each query and key head, `[H]`; null without `qkNorm`. */
  readonly qNorm: Norm | null;
  readonly kNorm: Norm | null;
  readonly postAttentionLayernorm: Norm;
  /** Null unless the feed-forward is SwiGLU. */
  readonly gateProj: Linear | null;
  readonly upProj: Linear;
  readonly downProj: Linear;
}

/** The weights of a model, by use and as a list of tensors. */
export interface Weights {
  /** `[V, D]` */
  readonly embedTokens: Float64Array;
  /** Learned positions `[P, D]`, else null. */
  readonly embedPositions: Float64Array | null;
  readonly layers: readonly LayerWeights[];
  readonly norm: Norm | null;
  /** `[V, D]`; when tied, its weight is a view of `embedTokens`: the same memory. */
  readonly lmHead: Linear;
  /** The adapters of the linear layers; null for a plain model. */
  readonly lora: LoraConfig | null;
  /** Every tensor with separate memory, in a fixed order; a tied head is not included. */
  readonly tensors: readonly Tensor[];
}

/** A named array of numbers. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/**
 * Returns the numbers of one tensor; `shape` is `[out, in]` for a matrix and `[width]` for a
 * vector.
 */
export type TensorSource = (name: string, shape: readonly number[]) => Float64Array;

/**
 * Builds the weights of a configuration: calls `source` once for each tensor, with its Hugging Face
 * name. A tied head is not requested: it becomes a view of the embedding's memory.
 *
 * @param lora adapters to add: tensors `NAME.lora_A.weight` and `NAME.lora_B.weight`, PEFT's names,
 *   which are requested, listed and counted like all others
 * @throws {RangeError} if a tensor of the source does not have the size of its shape
 */
export function buildWeights(
  config: ModelConfig,
  source: TensorSource,
  lora: LoraConfig | null = null,
): Weights {
  const { vocabSize: V, hiddenSize: D, intermediateSize: F, headDim: H } = config;
  const { numAttentionHeads: N, numKeyValueHeads: K, maxPositionEmbeddings: P } = config;
  const tensors: Tensor[] = [];
  const tensor = (name: string, ...shape: number[]) => {
    const data = source(name, shape);
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (data.length !== size) {
      throw new RangeError(`${name}: must be [${shape}], ${size} numbers, got ${data.length}`);
    }
    tensors.push({ name, shape, data });
    return data;
  };
  const adapter = (name: string, out: number, input: number): LowRank | null => {
    if (!lora?.targets.some((target) => name.endsWith(target))) return null;
    const { rank, alpha } = lora;
    const a = tensor(`${name}.lora_A.weight`, rank, input);
    return { rank, alpha, a, b: tensor(`${name}.lora_B.weight`, out, rank) };
  };
  const linear = (name: string, out: number, input: number, bias: boolean): Linear => ({
    weight: tensor(`${name}.weight`, out, input),
    bias: bias ? tensor(`${name}.bias`, out) : null,
    lora: adapter(name, out, input),
  });
  const norm = (name: string, width: number, kind: ModelConfig["norm"] = config.norm): Norm => ({
    weight: tensor(`${name}.weight`, width),
    bias: kind === "layernorm" ? tensor(`${name}.bias`, width) : null,
  });
  const layer = (name: string): LayerWeights => ({
    inputLayernorm: norm(`${name}.input_layernorm`, D),
    qProj: linear(`${name}.self_attn.q_proj`, N * H, D, config.attentionBias),
    kProj: linear(`${name}.self_attn.k_proj`, K * H, D, config.attentionBias),
    vProj: linear(`${name}.self_attn.v_proj`, K * H, D, config.attentionBias),
    oProj: linear(`${name}.self_attn.o_proj`, D, N * H, config.attentionOutputBias),
    qNorm: config.qkNorm ? norm(`${name}.self_attn.q_norm`, H, "rmsnorm") : null,
    kNorm: config.qkNorm ? norm(`${name}.self_attn.k_norm`, H, "rmsnorm") : null,
    postAttentionLayernorm: norm(`${name}.post_attention_layernorm`, D),
    gateProj:
      config.feedForward === "swiglu"
        ? linear(`${name}.mlp.gate_proj`, F, D, config.mlpBias)
        : null,
    upProj: linear(`${name}.mlp.up_proj`, F, D, config.mlpBias),
    downProj: linear(`${name}.mlp.down_proj`, D, F, config.mlpBias),
  });

  const embedTokens = tensor("model.embed_tokens.weight", V, D);
  const learned = config.positions === "learned";
  return {
    embedTokens,
    embedPositions: learned ? tensor("model.embed_positions.weight", P, D) : null,
    layers: Array.from({ length: config.numHiddenLayers }, (_, l) => layer(`model.layers.${l}`)),
    norm: config.finalNorm ? norm("model.norm", D) : null,
    lmHead: {
      weight: config.tieWordEmbeddings ? embedTokens.subarray() : tensor("lm_head.weight", V, D),
      bias: config.lmHeadBias ? tensor("lm_head.bias", V) : null,
      lora: adapter("lm_head", V, D),
    },
    lora,
    tensors,
  };
}

/**
 * Returns seeded weights: matrices from Xavier's normal distribution `N(0, 2 / (out + in))`, norm
 * gains 1, biases 0. Every number is rounded to float32, so that a float32 engine holds the same
 * model.
 *
 * @param seed the seed of every matrix
 * @see Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural
 *   networks"
 */
export function initWeights(config: ModelConfig, seed: number): Weights {
  const random = seededRandom(seed);
  return buildWeights(config, (name, shape) => {
    const [out, input] = shape;
    if (input === undefined) return new Float64Array(out).fill(name.endsWith(".bias") ? 0 : 1);
    return normals(random, out * input, Math.sqrt(2 / (out + input)));
  });
}

/**
 * Returns seeded weights without neutral values: as {@link initWeights}, but norm gains around 1
 * and biases around 0 are drawn too, so that a forgotten gain or bias changes the logits.
 *
 * @param scale multiplies every matrix; a large scale makes attention sharp
 */
export function randomWeights(config: ModelConfig, seed: number, scale = 1): Weights {
  const random = seededRandom(seed);
  return buildWeights(config, (name, shape) => {
    const [out, input] = shape;
    if (input !== undefined) {
      return normals(random, out * input, scale * Math.sqrt(2 / (out + input)));
    }
    const mean = name.endsWith(".bias") ? 0 : 1;
    return normals(random, out, 0.25).map((x) => Math.fround(mean + x));
  });
}

function normals(random: Random, size: number, standardDeviation: number): Float64Array {
  return Float64Array.from({ length: size }, () => Math.fround(standardDeviation * normal(random)));
}

/** Returns the number of parameters; a tied head adds none. */
export function countParameters(weights: Weights): number {
  return weights.tensors.reduce((sum, { data }) => sum + data.length, 0);
}
