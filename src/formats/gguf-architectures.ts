/**
 * The supported architectures of llama.cpp: the fixed features of each, and the names of tensors.
 *
 * @see github.com/ggml-org/llama.cpp, gguf-py/gguf/constants.py and src/models
 */
import type { ModelConfig } from "../model/config.ts";
import { type ModuleNames, renamed } from "./rows.ts";
import { unsupportedField } from "./supported.ts";

const gated = {
  norm: "rmsnorm",
  finalNorm: true,
  positions: "rope",
  partialRotaryFactor: 1,
  slidingWindow: null,
  feedForward: "swiglu",
  lmHeadBias: false,
} as const satisfies Partial<ModelConfig>;

/** The fixed features of each architecture. */
export const architectures = {
  llama: { ...gated, qkNorm: false, ropeLayout: "interleaved" },
  qwen2: {
    ...gated,
    ropeScaling: null,
    qkNorm: false,
    ropeLayout: "half-split",
    attentionBias: true,
    attentionOutputBias: false,
    mlpBias: false,
  },
  qwen3: {
    ...gated,
    ropeScaling: null,
    qkNorm: true,
    ropeLayout: "half-split",
    attentionBias: false,
    attentionOutputBias: false,
    mlpBias: false,
  },
  gpt2: {
    norm: "layernorm",
    finalNorm: true,
    qkNorm: false,
    positions: "learned",
    slidingWindow: null,
    feedForward: "gelu_tanh",
    attentionBias: true,
    attentionOutputBias: true,
    mlpBias: true,
    lmHeadBias: false,
  },
} as const satisfies Record<string, Partial<ModelConfig>>;

export type Architecture = keyof typeof architectures;

/** Returns the fixed features of a file with this architecture and these sizes. */
export function fixedIn(architecture: Architecture, config: ModelConfig): Partial<ModelConfig> {
  const { hiddenSize: D, numAttentionHeads: N } = config;
  const fixed = architectures[architecture];
  // In these two llama.cpp requires N * H = D.
  const square = architecture === "qwen2" || architecture === "gpt2";
  return square ? { ...fixed, headDim: D / N } : fixed;
}

/** Returns the architecture most similar to a configuration, which may not support all of it. */
export function nearestArchitecture(config: ModelConfig): Architecture {
  if (config.positions === "learned") return "gpt2";
  if (config.qkNorm) return "qwen3";
  return unsupportedField(config, fixedIn("qwen2", config)) === null ? "qwen2" : "llama";
}

const outside: ModuleNames = {
  "model.embed_tokens": "token_embd",
  "model.embed_positions": "position_embd",
  "model.norm": "output_norm",
  lm_head: "output",
};

const inside: ModuleNames = {
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  post_attention_layernorm: "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

/** GPT-2 stores q, k and v as rows of one tensor. */
const insideGpt2: ModuleNames = {
  ...inside,
  "self_attn.q_proj": "attn_qkv",
  "self_attn.k_proj": "attn_qkv",
  "self_attn.v_proj": "attn_qkv",
};

/** Returns GGUF's name of a tensor from Hugging Face's name. */
export function ggufName(architecture: Architecture, name: string): string {
  return renamed(name, outside, "blk", architecture === "gpt2" ? insideGpt2 : inside);
}
