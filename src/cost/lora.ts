import type { ModelConfig } from "../model/config.ts";
import { blockMatrices, type MatrixName } from "./matrices.ts";

/**
 * Returns the number of trainable parameters of LoRA adapters: `r (in + out)` for every matrix that
 * has one.
 *
 * @param rank r
 * @param targets the matrices with an adapter; one of the blocks has it in every layer
 * @see Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.2
 */
export function loraParameterCount(
  config: ModelConfig,
  rank: number,
  targets: readonly (MatrixName | "lm_head")[],
): bigint {
  const { vocabSize: V, hiddenSize: D, numHiddenLayers: L } = config;
  const inBlocks = blockMatrices(config)
    .filter(({ name }) => targets.includes(name))
    .reduce((sum, matrix) => sum + BigInt(matrix.in) + BigInt(matrix.out), 0n);
  const head = targets.includes("lm_head") ? BigInt(V) + BigInt(D) : 0n;
  return BigInt(rank) * (BigInt(L) * inBlocks + head);
}
