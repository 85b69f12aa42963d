import type { ModelConfig } from "../model/config.ts";

const tiedHead = "the embedding, transposed (weight tying)";

const feedForwardNames = { swiglu: "SwiGLU", gelu: "GELU", gelu_tanh: "GELU (tanh)", relu: "ReLU" };

/**
 * Returns the modules of a model as indented text, in the letters of all shapes here: V is the
 * vocabulary, D the hidden size, P the context, L the number of layers, N and K the numbers of
 * query and key-value heads, H their width, F the feed-forward width.
 *
 *     CausalLM(
 *       embedding: [V=256, D=64]
 *       positions: RoPE(theta=10000)
 *       blocks: L=2 x TransformerBlock(
 *         D=64, N=4, K=2, H=16, F=172
 *         RMSNorm, SwiGLU
 *       )
 *       final_norm: RMSNorm(64)
 *       head: the embedding, transposed (weight tying)
 *     )
 */
export function architectureText(config: ModelConfig): string {
  const { vocabSize: V, hiddenSize: D, intermediateSize: F, numHiddenLayers: L } = config;
  const { numAttentionHeads: N, numKeyValueHeads: K, headDim: H } = config;
  const headBias = config.lmHeadBias ? ` + bias [${V}]` : "";
  const norm = config.norm === "rmsnorm" ? "RMSNorm" : "LayerNorm";
  const lines = [
    "CausalLM(",
    `  embedding: [V=${V}, D=${D}]`,
    `  positions: ${positions(config)}`,
    `  blocks: L=${L} x TransformerBlock(`,
    `    D=${D}, N=${N}, K=${K}, H=${H}, F=${F}`,
    `    ${[norm, ...blockFeatures(config)].join(", ")}`,
    "  )",
    config.finalNorm && `  final_norm: ${norm}(${D})`,
    `  head: ${config.tieWordEmbeddings ? tiedHead : `[D=${D}, V=${V}]`}${headBias}`,
    ")",
  ];
  return lines.filter((line) => line !== false).join("\n");
}

function positions(config: ModelConfig): string {
  const { maxPositionEmbeddings: P, hiddenSize: D, ropeTheta, ropeScaling } = config;
  const scaled = ropeScaling === null ? "" : `, ${ropeScaling.ropeType} x${ropeScaling.factor}`;
  return {
    rope: `RoPE(theta=${ropeTheta}${scaled})`,
    learned: `[P=${P}, D=${D}]`,
    sinusoidal: "sinusoidal",
    none: "none",
  }[config.positions];
}

function blockFeatures(config: ModelConfig): string[] {
  const biased = [
    ...(config.attentionBias ? ["q", "k", "v"] : []),
    ...(config.attentionOutputBias ? ["o"] : []),
    ...(config.mlpBias ? ["mlp"] : []),
  ];
  return [
    feedForwardNames[config.feedForward],
    ...(config.qkNorm ? ["norms of q and k"] : []),
    ...(config.slidingWindow === null ? [] : [`window ${config.slidingWindow}`]),
    ...(biased.length === 0 ? [] : [`biases of ${biased.join(", ")}`]),
  ];
}
