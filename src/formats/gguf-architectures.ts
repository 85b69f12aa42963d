/**
 * The architectures of llama.cpp that are models of this project's kind: what each takes for
 * granted, and what the tensors are called.
 *
 * @see github.com/ggml-org/llama.cpp, gguf-py/gguf/constants.py and src/models
 */
import type { ModelConfig } from "../model/config.ts";
import { type ModuleNames, renamed } from "./rows.ts";
import { unsayable } from "./sayable.ts";

const gated = {
  norm: "rmsnorm",
  finalNorm: true,
  positions: "rope",
  partialRotaryFactor: 1,
  slidingWindow: null,
  feedForward: "swiglu",
  lmHeadBias: false,
} as const satisfies Partial<ModelConfig>;

/** What a file of each architecture cannot say otherwise. */
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

/** What a file of this architecture and these sizes cannot say otherwise. */
export function fixedIn(architecture: Architecture, config: ModelConfig): Partial<ModelConfig> {
  const { hiddenSize: D, numAttentionHeads: N } = config;
  const fixed = architectures[architecture];
  // llama.cpp takes the rows of q in these two for D.
  const square = architecture === "qwen2" || architecture === "gpt2";
  return square ? { ...fixed, headDim: D / N } : fixed;
}

/** The architecture that a configuration is nearest to; whether it fits is another question. */
export function nearestArchitecture(config: ModelConfig): Architecture {
  if (config.positions === "learned") return "gpt2";
  if (config.qkNorm) return "qwen3";
  return unsayable(config, fixedIn("qwen2", config)) === null ? "qwen2" : "llama";
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

/** GPT-2's q, k and v are rows of one tensor. */
const insideGpt2: ModuleNames = {
  ...inside,
  "self_attn.q_proj": "attn_qkv",
  "self_attn.k_proj": "attn_qkv",
  "self_attn.v_proj": "attn_qkv",
};

/** GGUF's name of a tensor, from Hugging Face's. */
export function ggufName(architecture: Architecture, name: string): string {
  return renamed(name, outside, "blk", architecture === "gpt2" ? insideGpt2 : inside);
}
