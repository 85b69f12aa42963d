/**
 * Estimates of the element-wise operations, which flops.ts omits: their count depends on convention
 * (an exponential may be one operation or many), so they are reported in separate columns.
 */
import type { ModelConfig } from "../model/config.ts";
import type { WorkCounts } from "./work.ts";

/** Operations on one element of the feed-forward's hidden row; SwiGLU's include the product. */
const activationOperations = { swiglu: 5, gelu: 5, gelu_tanh: 9, relu: 1 } as const;

/** Element-wise operations that are not matrix products. */
export interface MinorFlops {
  /** 5 per score: maximum, subtraction, exponential, sum, division. */
  readonly softmax: bigint;
  /** 4 D per RMSNorm, 7 D per LayerNorm; the final one only where logits are computed. */
  readonly norm: bigint;
  /** 6 per rotated pair: a rotation is four products and two sums. */
  readonly rope: bigint;
  /** 5 F for SwiGLU and GELU (erf), 9 F for GELU (tanh), F for ReLU. */
  readonly activation: bigint;
}

/** Returns the element-wise operations of counted work; a primitive function counts as one. */
export function minorFlops(config: ModelConfig, work: WorkCounts): MinorFlops {
  const { hiddenSize: D, intermediateSize: F, headDim: H, norm, feedForward } = config;
  const { numAttentionHeads: N, numKeyValueHeads: K, numHiddenLayers: L } = config;
  const tokens = BigInt(L) * work.tokens;
  const perNorm = (norm === "rmsnorm" ? 4 : 7) * D;
  const headNorms = config.qkNorm ? 4 * H * (N + K) : 0;
  const rotated = config.positions === "rope" ? H * config.partialRotaryFactor : 0;
  return {
    softmax: 5n * BigInt(L) * BigInt(N) * work.pairs,
    norm:
      BigInt(2 * perNorm + headNorms) * tokens +
      (config.finalNorm ? BigInt(perNorm) * work.headRows : 0n),
    rope: BigInt(3 * (N + K) * rotated) * tokens,
    activation: BigInt(activationOperations[feedForward] * F) * tokens,
  };
}
