/** Writes a configuration as `config.json`, in the first Hugging Face family that supports it. */

import type { JsonObject } from "../io/json.ts";
import type { ModelConfig } from "../model/config.ts";
import type { ModelType } from "./hugging-face-config.ts";
import { unsupportedField } from "./supported.ts";

/** The fixed features of all families with SwiGLU. */
export const gated = {
  norm: "rmsnorm",
  finalNorm: true,
  positions: "rope",
  partialRotaryFactor: 1,
  feedForward: "swiglu",
  lmHeadBias: false,
} as const satisfies Partial<ModelConfig>;

/** Returns the fixed features of each family, the simplest family first. */
function familiesOf(config: ModelConfig): [ModelType, Partial<ModelConfig>][] {
  const { attentionBias, hiddenSize: D, numAttentionHeads: N } = config;
  const plain = { ...gated, qkNorm: false };
  const withoutBias = { attentionBias: false, attentionOutputBias: false, mlpBias: false };
  // Llama's reader requires a multiple of N even if head_dim is given; Mistral's does not.
  const llama = { slidingWindow: null, hiddenSize: D - (D % N) };
  const gpt2: Partial<ModelConfig> = {
    norm: "layernorm",
    finalNorm: true,
    qkNorm: false,
    positions: "learned",
    numKeyValueHeads: N,
    headDim: D / N,
    slidingWindow: null,
    // The one kind of feed-forward that GPT-2 does not support.
    ...(config.feedForward === "swiglu" ? { feedForward: "gelu_tanh" } : {}),
    attentionBias: true,
    attentionOutputBias: true,
    mlpBias: true,
    lmHeadBias: false,
  };
  return [
    ["llama", { ...plain, ...llama, attentionOutputBias: attentionBias }],
    ["mistral", { ...plain, ...withoutBias }],
    ["qwen2", { ...plain, ...withoutBias, attentionBias: true }],
    ["qwen3", { ...gated, qkNorm: true, attentionOutputBias: attentionBias, mlpBias: false }],
    ["gpt2", gpt2],
  ];
}

/**
 * Returns the `config.json` of a configuration, in the first family that supports it. It has no
 * field for the layout of RoPE, which is always half-split there.
 *
 * @throws {RangeError} if no family supports it, with the unsupported field of each
 */
export function configToHuggingFace(config: ModelConfig): JsonObject & { model_type: ModelType } {
  const obstacles: string[] = [];
  for (const [type, fixed] of familiesOf(config)) {
    const obstacle = unsupportedField(config, fixed);
    if (obstacle === null) return type === "gpt2" ? gpt2Words(config) : gatedWords(config, type);
    obstacles.push(`${type}: ${obstacle}`);
  }
  throw new RangeError(`Hugging Face: one family must support it all; ${obstacles.join("; ")}`);
}

/** A model has no special tokens; without these fields a reader would use those of the family. */
const noTokens = { bos_token_id: null, eos_token_id: null };

function gatedWords(config: ModelConfig, type: Exclude<ModelType, "gpt2">) {
  const architectures = { llama: "Llama", mistral: "Mistral", qwen2: "Qwen2", qwen3: "Qwen3" };
  const { slidingWindow: window, ropeScaling } = config;
  const scaling = ropeScaling && {
    rope_type: ropeScaling.ropeType,
    factor: ropeScaling.factor,
    low_freq_factor: ropeScaling.lowFreqFactor,
    high_freq_factor: ropeScaling.highFreqFactor,
    original_max_position_embeddings: ropeScaling.originalMaxPositionEmbeddings,
  };
  const qwenWindow = { use_sliding_window: window !== null, max_window_layers: 0 };
  return {
    architectures: [`${architectures[type]}ForCausalLM`],
    model_type: type,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numHiddenLayers,
    num_attention_heads: config.numAttentionHeads,
    num_key_value_heads: config.numKeyValueHeads,
    head_dim: config.headDim,
    max_position_embeddings: config.maxPositionEmbeddings,
    hidden_act: "silu",
    rms_norm_eps: config.normEps,
    rope_theta: config.ropeTheta,
    rope_scaling: scaling,
    attention_bias: config.attentionBias,
    mlp_bias: config.mlpBias,
    tie_word_embeddings: config.tieWordEmbeddings,
    ...noTokens,
    ...(type === "llama" ? {} : { sliding_window: window }),
    ...(type.startsWith("qwen") ? qwenWindow : {}),
  };
}

function gpt2Words(config: ModelConfig) {
  const activation = config.feedForward === "gelu_tanh" ? "gelu_new" : config.feedForward;
  return {
    architectures: ["GPT2LMHeadModel"],
    model_type: "gpt2" as const,
    vocab_size: config.vocabSize,
    n_embd: config.hiddenSize,
    n_inner: config.intermediateSize,
    n_layer: config.numHiddenLayers,
    n_head: config.numAttentionHeads,
    n_positions: config.maxPositionEmbeddings,
    activation_function: activation,
    layer_norm_epsilon: config.normEps,
    tie_word_embeddings: config.tieWordEmbeddings,
    ...noTokens,
  };
}
