/**
 * Reads a `config.json`, by its family (`model_type`).
 *
 * @see transformers, `configuration_llama.py` and similar files, for the defaults below
 */

import { isObject, type JsonObject } from "../io/json.ts";
import { type ConfigInput, type ModelConfig, modelConfig } from "../model/config.ts";

/** The supported families, by their `model_type`. */
export type ModelType = "llama" | "mistral" | "qwen2" | "qwen3" | "gpt2";

/** The defaults of optional fields of config.json; sizes are required. */
const gatedDefaults = {
  hidden_act: "silu",
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  attention_bias: false,
  mlp_bias: false,
  tie_word_embeddings: false,
};
const qwenDefaults = {
  ...gatedDefaults,
  num_key_value_heads: 32,
  max_position_embeddings: 32_768,
  use_sliding_window: false,
  sliding_window: 4096,
  max_window_layers: 28,
};
const defaults: Readonly<Record<ModelType, JsonObject>> = {
  llama: { ...gatedDefaults, max_position_embeddings: 2048 },
  mistral: {
    ...gatedDefaults,
    num_key_value_heads: 8,
    max_position_embeddings: 131_072,
    sliding_window: 4096,
  },
  qwen2: qwenDefaults,
  qwen3: { ...qwenDefaults, head_dim: 128 },
  gpt2: {
    activation_function: "gelu_new",
    layer_norm_epsilon: 1e-5,
    n_positions: 1024,
    tie_word_embeddings: true,
  },
};

/** Fields that {@link ModelConfig} does not support, and their values without effect. */
const harmless: Readonly<Record<string, readonly unknown[]>> = {
  quantization_config: [null],
  partial_rotary_factor: [1, null],
  num_experts: [null],
  num_local_experts: [null],
  is_encoder_decoder: [false, null],
  add_cross_attention: [false, null],
  scale_attn_weights: [true],
  scale_attn_by_inverse_layer_idx: [false],
};

const activations: Readonly<Record<string, ModelConfig["feedForward"]>> = {
  gelu_new: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  gelu: "gelu",
  relu: "relu",
};

/**
 * Returns the configuration of a `config.json`.
 *
 * @param json the whole file
 * @param who the name of the file, for errors
 * @throws {RangeError} on another family, on unsupported fields (other kinds of RoPE, experts,
 *   quantised weights, windows in some layers only), or on invalid sizes
 */
export function configFromHuggingFace(json: JsonObject, who: string): ModelConfig {
  const type = json.model_type;
  const fail = (word: string, must: string, got: unknown): never => {
    throw new RangeError(`${who}: ${word} must be ${must}, got ${JSON.stringify(got)}`);
  };
  if (!isModelType(type)) return fail("model_type", Object.keys(defaults).join(", "), type);
  for (const [word, values] of Object.entries(harmless)) {
    if (Object.hasOwn(json, word) && !values.includes(json[word])) {
      fail(word, values.map(String).join(" or "), json[word]);
    }
  }
  const words = { ...defaults[type], ...json };
  const fields = type === "gpt2" ? readGpt2(words, fail) : readGated(words, type, fail);
  try {
    return modelConfig(fields as unknown as ConfigInput);
  } catch (error) {
    throw new RangeError(`${who}: ${(error as Error).message}`, { cause: error });
  }
}

function isModelType(type: unknown): type is ModelType {
  return typeof type === "string" && Object.hasOwn(defaults, type);
}

type Fail = (word: string, must: string, got: unknown) => never;
/** Unchecked fields of a configuration: {@link modelConfig} checks each. */
type Fields = Partial<Record<keyof ModelConfig, unknown>>;

function readGated(words: JsonObject, type: ModelType, fail: Fail): Fields {
  const { hidden_size: D, num_attention_heads: N, hidden_act: activation } = words;
  if (activation !== "silu") fail("hidden_act", "silu", activation);
  const bias = type === "llama" || type === "qwen3" ? words.attention_bias : false;
  return {
    vocabSize: words.vocab_size,
    hiddenSize: D,
    intermediateSize: words.intermediate_size,
    numHiddenLayers: words.num_hidden_layers,
    numAttentionHeads: N,
    numKeyValueHeads: words.num_key_value_heads ?? N,
    headDim: words.head_dim ?? Number(D) / Number(N),
    maxPositionEmbeddings: words.max_position_embeddings,
    normEps: words.rms_norm_eps,
    qkNorm: type === "qwen3",
    ...readRope(words, fail),
    slidingWindow: readWindow(words, type, fail),
    attentionBias: type === "qwen2" ? true : bias,
    attentionOutputBias: bias,
    mlpBias: type === "llama" ? words.mlp_bias : false,
    tieWordEmbeddings: words.tie_word_embeddings,
  };
}

/** Reads the fields of RoPE: separate, or since transformers 5 in `rope_parameters`. */
function readRope(words: JsonObject, fail: Fail): Fields {
  const both = words.rope_scaling != null && words.rope_parameters != null;
  if (both) fail("rope_scaling", "absent beside rope_parameters", words.rope_scaling);
  const rope = words.rope_scaling ?? words.rope_parameters ?? {};
  if (!isObject(rope)) return fail("rope_scaling", "an object or null", rope);
  const ropeTheta = rope.rope_theta ?? words.rope_theta;
  const kind = rope.rope_type ?? rope.type ?? "default";
  if (![undefined, null, 1].includes(rope.partial_rotary_factor as number)) {
    fail("partial_rotary_factor", "1", rope.partial_rotary_factor);
  }
  if (kind === "default") return { ropeTheta };
  if (kind !== "llama3") fail("rope_type", "default or llama3", kind);
  const ropeScaling = {
    ropeType: "llama3",
    factor: rope.factor,
    lowFreqFactor: rope.low_freq_factor,
    highFreqFactor: rope.high_freq_factor,
    originalMaxPositionEmbeddings: rope.original_max_position_embeddings,
  };
  return { ropeTheta, ropeScaling };
}

/** Reads the window of all layers; Qwen has its first layer, or a type for every layer. */
function readWindow(words: JsonObject, type: ModelType, fail: Fail): unknown {
  if (type === "llama") return null;
  if (type === "mistral") return words.sliding_window;
  const window = words.use_sliding_window === true ? words.sliding_window : null;
  const { layer_types: types, max_window_layers: full, num_hidden_layers: layers } = words;
  if (Array.isArray(types)) {
    if (types.every((kind) => kind === "full_attention")) return null;
    if (window === null || types.some((kind) => kind !== "sliding_attention")) {
      fail("layer_types", "the same for all layers", types);
    }
  } else if (window !== null) {
    if (Number(full) >= Number(layers)) return null;
    if (full !== 0) fail("max_window_layers", "0 or num_hidden_layers", full);
  }
  return window;
}

function readGpt2(words: JsonObject, fail: Fail): Fields {
  const { n_embd: D, n_head: N, activation_function: activation } = words;
  if (typeof activation !== "string" || !Object.hasOwn(activations, activation)) {
    return fail("activation_function", Object.keys(activations).join(", "), activation);
  }
  return {
    vocabSize: words.vocab_size,
    hiddenSize: D,
    intermediateSize: words.n_inner ?? 4 * Number(D),
    numHiddenLayers: words.n_layer,
    numAttentionHeads: N,
    maxPositionEmbeddings: words.n_positions,
    norm: "layernorm",
    normEps: words.layer_norm_epsilon,
    positions: "learned",
    feedForward: activations[activation],
    attentionBias: true,
    attentionOutputBias: true,
    mlpBias: true,
    tieWordEmbeddings: words.tie_word_embeddings,
  };
}
