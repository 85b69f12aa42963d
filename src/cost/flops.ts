/**
 * Exact counts of floating-point operations, from the configuration alone: 2 for every
 * multiply-add of a matrix product. Biases, norms, RoPE, softmax, activations and residual
 * additions are not counted.
 *
 * The cost is a linear function of the {@link WorkCounts} of a pass or a generation, so loops over
 * passes and closed forms agree exactly.
 */
import type { ModelConfig } from "../model/config.ts";
import { count, type ForwardPass, type GenerationShape } from "./generation.ts";
import { blockMatrices, type MatrixName } from "./matrices.ts";
import { generationWork, type PairCounting, passWork, type WorkCounts } from "./work.ts";

/** A matrix product of a forward pass. */
export type Operation = MatrixName | "scores" | "mix" | "lm_head";

/** One operation with its FLOPs. */
export interface OperationRow {
  readonly operation: Operation;
  /** FLOPs over all layers and heads. */
  readonly flops: bigint;
}

/** Options of counting FLOPs. */
export interface CountOptions {
  /** `causal` when absent. */
  readonly attention?: PairCounting;
}

/**
 * Returns the operations of one forward pass, one row each; their sum is {@link passFlops}.
 *
 * | operation | product | FLOPs in one layer |
 * | --- | --- | --- |
 * | q_proj, o_proj | `[T, D] [D, N*H]` and back | `2 T D N H` each |
 * | k_proj, v_proj | `[T, D] [D, K*H]` | `2 T D K H` each |
 * | scores | `q kᵀ`, N heads, H wide | `2 N H pairs` |
 * | mix | `p v`, N heads, H wide | `2 N H pairs` |
 * | gate_proj, up_proj, down_proj | `[T, D] [D, F]` and back | `2 T D F` each |
 * | lm_head | `[rows, D] [D, V]` | `2 rows D V`, once |
 *
 * A pass may be longer than maxPositionEmbeddings: positions cost no product.
 *
 * @throws {RangeError} if a count is not an integer in its range
 */
export function operations(
  config: ModelConfig,
  pass: ForwardPass,
  { attention = "causal" }: CountOptions = {},
): OperationRow[] {
  return workOperations(config, passWork(config, pass, attention));
}

/** Returns the FLOPs of one forward pass: the sum of its {@link operations}. */
export function passFlops(config: ModelConfig, pass: ForwardPass, options?: CountOptions): bigint {
  return sumFlops(operations(config, pass, options));
}

/** Returns the FLOPs of a first pass over `length` tokens, with the logits of the last one. */
export function prefillFlops(config: ModelConfig, length: number, options?: CountOptions): bigint {
  return passFlops(config, { newTokens: length }, options);
}

/**
 * Returns the FLOPs of one next token that attends `context` tokens, itself included.
 *
 * `2 L (P_attention + P_mlp) + 4 L N H min(context, window) + 2 D V`
 *
 * @throws {RangeError} if `context` is not a positive integer
 */
export function decodeFlops(config: ModelConfig, context: number, options?: CountOptions): bigint {
  const heldTokens = Number(count("decodeFlops", "context", context, 1)) - 1;
  return passFlops(config, { newTokens: 1, heldTokens }, options);
}

/** Returns the operations of a generation, one row each; their sum is {@link generationFlops}. */
export function generationOperations(
  config: ModelConfig,
  generation: GenerationShape,
  { attention = "causal" }: CountOptions = {},
): OperationRow[] {
  return workOperations(config, generationWork(config, generation, attention));
}

/**
 * Returns the FLOPs of a generation in closed form. Causal and cached, they are those of one
 * forward pass over `P + n - 1` tokens with n rows of logits: the cache saves all recomputation.
 *
 * @throws {RangeError} if a length is not a positive integer
 */
export function generationFlops(
  config: ModelConfig,
  generation: GenerationShape,
  options?: CountOptions,
): bigint {
  return sumFlops(generationOperations(config, generation, options));
}

/** Returns the FLOPs of counted work, one row per operation, in the order of a forward pass. */
export function workOperations(config: ModelConfig, work: WorkCounts): OperationRow[] {
  const layers = BigInt(config.numHiddenLayers);
  const queryWidth = BigInt(config.numAttentionHeads) * BigInt(config.headDim);
  const projections = blockMatrices(config).map(({ name, out, in: width }) => ({
    operation: name,
    flops: 2n * layers * BigInt(out) * BigInt(width) * work.tokens,
  }));
  const attention = 2n * layers * queryWidth * work.pairs;
  const head = 2n * BigInt(config.hiddenSize) * BigInt(config.vocabSize) * work.headRows;
  return [
    ...projections.slice(0, 3),
    { operation: "scores", flops: attention },
    { operation: "mix", flops: attention },
    ...projections.slice(3),
    { operation: "lm_head", flops: head },
  ];
}

/** Returns the sum of rows. */
export function sumFlops(rows: readonly OperationRow[]): bigint {
  return rows.reduce((sum, { flops }) => sum + flops, 0n);
}
