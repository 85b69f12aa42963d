import type { ModelConfig } from "../src/model/config.ts";

type Bend = (config: ModelConfig) => Partial<ModelConfig>;

/** What all families with SwiGLU share. */
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

/** Bends a configuration to what each family of Hugging Face can say, and changes no more. */
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
    // Idle under learned positions, and therefore not said.
    ropeTheta: 10_000,
    ropeLayout: "half-split",
    partialRotaryFactor: 1,
    ropeScaling: null,
  }),
} satisfies Record<string, Bend>;
