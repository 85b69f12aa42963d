/**
 * The assumptions of the assignment, which sizes Llama 3 8B at 6,430,916,608 parameters and a batch
 * of 136 requests. They are named beside the exact model, so that each figure of the assignment can
 * be reproduced and every difference to the exact model has a name and a size.
 */

import { count } from "../../cost/generation.ts";
import { kvBytes } from "../../cost/memory.ts";
import { parameterCount, parameterSummary } from "../../cost/parameters.ts";
import type { ModelConfig } from "../../model/config.ts";

/** The two formulas that a sizing needs. */
export interface Assumptions {
  parameters(config: ModelConfig): bigint;
  kvBytesPerRequest(config: ModelConfig, context: number, bytesPerElement: number): bigint;
}

/** The exact model: every tensor of the configuration, and keys and values of K heads. */
export const exact: Assumptions = { parameters: parameterCount, kvBytesPerRequest: kvBytes };

/**
 * The assignment: four square attention matrices and two feed-forward matrices in each layer, one
 * embedding, nothing else, `L (4 D² + 2 D F) + V D`; keys and values as wide as the model,
 * `2 L D S` elements a request, for any number of key-value heads.
 */
export const assignment: Assumptions = {
  parameters({ numHiddenLayers, hiddenSize, intermediateSize, vocabSize }) {
    const [L, D, F] = [numHiddenLayers, hiddenSize, intermediateSize].map(BigInt);
    return L * (4n * D * D + 2n * D * F) + BigInt(vocabSize) * D;
  },
  kvBytesPerRequest({ numHiddenLayers: L, hiddenSize: D }, context, bytesPerElement) {
    const elements = 2n * BigInt(L) * BigInt(D) * count("assignment", "context", context, 1);
    return elements * count("assignment", "bytesPerElement", bytesPerElement, 1);
  },
};

/** One reason why the assignment's parameter count is not the exact one. */
export interface CountDifference {
  readonly difference: string;
  /** Parameters that the assignment counts too many; negative where it counts too few. */
  readonly parameters: bigint;
}

/**
 * The reasons why {@link assignment} and {@link exact} count different parameters, each by itself;
 * the rows sum to `assignment.parameters(config) - exact.parameters(config)`.
 */
export function assignmentDifferences(config: ModelConfig): CountDifference[] {
  const { numHiddenLayers, hiddenSize, intermediateSize, headDim } = config;
  const [L, D, F, H] = [numHiddenLayers, hiddenSize, intermediateSize, headDim].map(BigInt);
  const [N, K] = [config.numAttentionHeads, config.numKeyValueHeads].map(BigInt);
  const unbiased = { ...config, attentionBias: false, attentionOutputBias: false };
  const plain = { ...unbiased, mlpBias: false, lmHeadBias: false };
  const exactSums = parameterSummary(plain);
  const norms = L * exactSums.block.norms + exactSums.finalNorm;
  const thirdMatrix = config.feedForward === "swiglu" ? L * D * F : 0n;
  return [
    { difference: "q_proj and o_proj square", parameters: 2n * L * D * (D - N * H) },
    { difference: "k_proj and v_proj square", parameters: 2n * L * D * (D - K * H) },
    { difference: "two feed-forward matrices", parameters: -thirdMatrix },
    { difference: "no output head", parameters: -exactSums.lmHead },
    { difference: "no norms", parameters: -norms },
    { difference: "no learned positions", parameters: -exactSums.positions },
    { difference: "no biases", parameters: parameterCount(plain) - parameterCount(config) },
  ];
}

/** Memory of one model on a group of devices. */
export interface Sizing {
  readonly parameters: bigint;
  readonly weightBytes: bigint;
  readonly kvBytesPerRequest: bigint;
  /** Requests at once on the whole group of devices; 0 if the weights do not fit. */
  readonly maxBatch: bigint;
}

/**
 * The assignment's sizing: weights and caches split evenly over any number of devices,
 * `maxBatch = floor((devices * deviceBytes - weights) / cache of a request)`. Under its own
 * assumptions, with X devices of 80 GiB and a context of 1,024 in fp16, that is
 * `floor(160 X - 23.96)`. For a split that respects heads see `maxBatch` in cost/batch.ts.
 *
 * @throws {RangeError} if a quantity is not a positive integer
 */
export function evenSplitSizing(
  assumptions: Assumptions,
  config: ModelConfig,
  serving: {
    readonly deviceBytes: number;
    readonly devices: number;
    readonly context: number;
    readonly bytesPerElement: number;
  },
): Sizing {
  const { deviceBytes, devices, context, bytesPerElement } = serving;
  const who = "evenSplitSizing";
  const parameters = assumptions.parameters(config);
  const weightBytes = parameters * count(who, "bytesPerElement", bytesPerElement, 1);
  const kvBytesPerRequest = assumptions.kvBytesPerRequest(config, context, bytesPerElement);
  const memory = count(who, "devices", devices, 1) * count(who, "deviceBytes", deviceBytes, 1);
  const room = memory > weightBytes ? memory - weightBytes : 0n;
  return { parameters, weightBytes, kvBytesPerRequest, maxBatch: room / kvBytesPerRequest };
}
