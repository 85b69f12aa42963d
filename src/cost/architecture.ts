import type { ModelConfig } from "../model/config.ts";

const feedForwardNames = { swiglu: "SwiGLU", gelu: "GELU", gelu_tanh: "GELU (tanh)", relu: "ReLU" };

/**
 * A model's modules as an indented text, in the letters of the textbooks: E is the embedding, d the
 * hidden size, h and h_kv the query and key-value heads, d_k their width, d_ff the feed-forward
 * width.
 *
 *     CausalLM(
 *       embedding: E[256, 64]
 *       positions: RoPE(theta=10000)
 *       blocks: 2 x TransformerBlock(
 *         d=64, h=4, h_kv=2, d_k=16, d_ff=172
 *         RMSNorm, SwiGLU
 *       )
 *       final_norm: RMSNorm(64)
 *       W_out: E.T (weight tying)
 *     )
 */
export function architectureText(config: ModelConfig): string {
  const { vocabSize: V, hiddenSize: D, intermediateSize: F, numHiddenLayers: L } = config;
  const { numAttentionHeads: N, numKeyValueHeads: K, headDim: H } = config;
  const headBias = config.lmHeadBias ? ` + b[${V}]` : "";
  const norm = config.norm === "rmsnorm" ? "RMSNorm" : "LayerNorm";
  const lines = [
    "CausalLM(",
    `  embedding: E[${V}, ${D}]`,
    `  positions: ${positions(config)}`,
    `  blocks: ${L} x TransformerBlock(`,
    `    d=${D}, h=${N}, h_kv=${K}, d_k=${H}, d_ff=${F}`,
    `    ${[norm, ...blockFeatures(config)].join(", ")}`,
    "  )",
    config.finalNorm && `  final_norm: ${norm}(${D})`,
    `  W_out: ${config.tieWordEmbeddings ? "E.T (weight tying)" : `[${D}, ${V}]`}${headBias}`,
    ")",
  ];
  return lines.filter((line) => line !== false).join("\n");
}

function positions(config: ModelConfig): string {
  const { maxPositionEmbeddings: P, hiddenSize: D, ropeTheta, ropeScaling } = config;
  const scaled = ropeScaling === null ? "" : `, ${ropeScaling.ropeType} x${ropeScaling.factor}`;
  return {
    rope: `RoPE(theta=${ropeTheta}${scaled})`,
    learned: `P[${P}, ${D}]`,
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
