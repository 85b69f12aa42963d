/**
 * Published counting conventions, for comparison with the exact counts. Each prices forward passes:
 * of a source that counts a training step, the forward third. All of them assume dense attention,
 * so `work` must be counted with it; those that count the head count it at every position,
 * regardless of `work.headRows`.
 */
import type { ModelConfig } from "../model/config.ts";
import { sumFlops, workOperations } from "./flops.ts";
import { blockMatrixParameters, parameterCount } from "./parameters.ts";
import type { WorkCounts } from "./work.ts";

/**
 * PaLM: `2N + 4 L N_heads H T` per token, where N is every parameter and T the attended tokens. The
 * embedding, which is only looked up, is priced as a matrix product; with a tied head this is the
 * product of the head, and correct.
 *
 * @see Chowdhery et al. 2022, "PaLM", appendix B: 6N + 12 L H Q T for training
 */
export function palmFlops(config: ModelConfig, work: WorkCounts): bigint {
  return 2n * parameterCount(config) * work.tokens + 2n * pairPrice(config) * work.pairs;
}

/**
 * Kaplan et al.: `2N + 2 L n_ctx d_attn` per token, where N excludes embedding and head. The
 * attention term is half of dense: the causal average of a full context.
 *
 * @see Kaplan et al. 2020, "Scaling Laws for Neural Language Models", table 1
 */
export function kaplanFlops(config: ModelConfig, work: WorkCounts): bigint {
  return 2n * blockMatrixParameters(config) * work.tokens + pairPrice(config) * work.pairs;
}

/**
 * Chinchilla: every matrix product with dense attention, `3` per score for the softmax, the logits
 * at every position, and `2 V D` per token for the embedding as if it were a product.
 *
 * @see Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models", appendix F
 */
export function chinchillaFlops(config: ModelConfig, work: WorkCounts): bigint {
  const scores = BigInt(config.numHiddenLayers) * BigInt(config.numAttentionHeads) * work.pairs;
  const embedding = 2n * BigInt(config.vocabSize) * BigInt(config.hiddenSize) * work.tokens;
  return nanoGptFlops(config, work) + 3n * scores + embedding;
}

/**
 * nanoGPT: the matrix products alone, dense attention, logits at every position.
 *
 * @see Karpathy, nanoGPT, `transformer_sizing.ipynb`
 */
export function nanoGptFlops(config: ModelConfig, work: WorkCounts): bigint {
  return sumFlops(workOperations(config, { ...work, headRows: work.tokens }));
}

/**
 * fvcore: the same products with a multiply-add counted once, so half of {@link nanoGptFlops}.
 *
 * @see fvcore's documentation of `FlopCountAnalysis`
 */
export function fvcoreFlops(config: ModelConfig, work: WorkCounts): bigint {
  return nanoGptFlops(config, work) / 2n;
}

/** Returns `2 L N H`, the FLOPs of one query-key pair in one of the two attention products. */
function pairPrice(config: ModelConfig): bigint {
  const { numHiddenLayers: L, numAttentionHeads: N, headDim: H } = config;
  return 2n * BigInt(L) * BigInt(N) * BigInt(H);
}
