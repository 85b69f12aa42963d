import type { ModelConfig } from "../model/config.ts";

export type MatrixName =
  | "q_proj"
  | "k_proj"
  | "v_proj"
  | "o_proj"
  | "gate_proj"
  | "up_proj"
  | "down_proj";

/** A weight matrix `[out, in]` of one block. */
export interface Matrix {
  readonly name: MatrixName;
  /** The part of the block with the matrix. */
  readonly part: "self_attn" | "mlp";
  readonly out: number;
  readonly in: number;
  /** True if the matrix has a bias, `[out]`. */
  readonly bias: boolean;
}

/**
 * Returns the weight matrices of one block, in the order of a forward pass. Parameters, FLOPs and
 * bytes are all counted from this list. SwiGLU has three matrices in its feed-forward, the other
 * activations two.
 */
export function blockMatrices(config: ModelConfig): Matrix[] {
  const { hiddenSize: D, intermediateSize: F, headDim: H } = config;
  const { numAttentionHeads: N, numKeyValueHeads: K, attentionBias, mlpBias } = config;
  const gate: Matrix = { name: "gate_proj", part: "mlp", out: F, in: D, bias: mlpBias };
  return [
    { name: "q_proj", part: "self_attn", out: N * H, in: D, bias: attentionBias },
    { name: "k_proj", part: "self_attn", out: K * H, in: D, bias: attentionBias },
    { name: "v_proj", part: "self_attn", out: K * H, in: D, bias: attentionBias },
    { name: "o_proj", part: "self_attn", out: D, in: N * H, bias: config.attentionOutputBias },
    ...(config.feedForward === "swiglu" ? [gate] : []),
    { name: "up_proj", part: "mlp", out: F, in: D, bias: mlpBias },
    { name: "down_proj", part: "mlp", out: D, in: F, bias: mlpBias },
  ];
}
