import type { ModelConfig } from "../src/model/config.ts";

type Bend = (config: ModelConfig) => Partial<ModelConfig>;

/** The features of all families with SwiGLU. */
const gated = {
  norm: "rmsnorm",
  finalNorm: true,
  qkNorm: false,
  positions: "rope",
  partialRotaryFactor: 1,
  feedForward: "swiglu",
  lmHeadBias: false,
} as const;
const unbiased = { attentionBias: false, attentionOutputBias: false, mlpBias: false } as const;

/** Restricts a configuration to the features that each Hugging Face family supports. */
export const families = {
  llama: ({ attentionBias, hiddenSize: D, numAttentionHeads: N }) => ({
    ...gated,
    hiddenSize: Math.ceil(D / N) * N,
    slidingWindow: null,
    attentionOutputBias: attentionBias,
  }),
  mistral: ({ slidingWindow }) => ({ ...gated, ...unbiased, slidingWindow: slidingWindow ?? 3 }),
  qwen2: () => ({ ...gated, ...unbiased, attentionBias: true }),
  qwen3: ({ attentionBias }) => ({
    ...gated,
    qkNorm: true,
    attentionOutputBias: attentionBias,
    mlpBias: false,
  }),
  gpt2: ({ numAttentionHeads: N, headDim: H, feedForward }) => ({
    hiddenSize: N * H,
    numKeyValueHeads: N,
    norm: "layernorm",
    finalNorm: true,
    qkNorm: false,
    positions: "learned",
    slidingWindow: null,
    feedForward: feedForward === "swiglu" ? "gelu_tanh" : feedForward,
    attentionBias: true,
    attentionOutputBias: true,
    mlpBias: true,
    lmHeadBias: false,
    // Not used with learned positions, and therefore not stored.
    ropeTheta: 10_000,
    ropeLayout: "half-split",
    partialRotaryFactor: 1,
    ropeScaling: null,
  }),
} satisfies Record<string, Bend>;
