/**
 * The assumptions of seed 002, an assignment that sizes "LLaMA3-8B" at 6,430,916,608 parameters and
 * 136 requests: kept by name beside the exact ones, so that each of its figures can be reproduced
 * and every difference to the exact model has a name and a size.
 */

import { count } from "../../cost/generation.ts";
import { kvBytes } from "../../cost/memory.ts";
import { parameterCount, parameterSummary } from "../../cost/parameters.ts";
import type { ModelConfig } from "../../model/config.ts";

/** What a sizing needs to be told about a model. */
export interface Assumptions {
  parameters(config: ModelConfig): bigint;
  kvBytesPerRequest(config: ModelConfig, context: number, bytesPerElement: number): bigint;
}

/** The exact model: what the configuration says. */
export const exact: Assumptions = { parameters: parameterCount, kvBytesPerRequest: kvBytes };

/**
 * Seed 002: four square attention matrices and two feed-forward matrices in each layer, one
 * embedding, nothing else, `L (4 D² + 2 D F) + V D`; keys and values as wide as the model,
 * `2 b L D s`, whatever the key-value heads.
 */
export const seed002: Assumptions = {
  parameters({ numHiddenLayers, hiddenSize, intermediateSize, vocabSize }) {
    const [L, D, F] = [numHiddenLayers, hiddenSize, intermediateSize].map(BigInt);
    return L * (4n * D * D + 2n * D * F) + BigInt(vocabSize) * D;
  },
  kvBytesPerRequest({ numHiddenLayers: L, hiddenSize: D }, context, bytesPerElement) {
    const elements = 2n * BigInt(L) * BigInt(D) * count("seed002", "context", context, 1);
    return elements * count("seed002", "bytesPerElement", bytesPerElement, 1);
  },
};

export interface Difference {
  readonly difference: string;
  /** Parameters that seed 002 counts too many; negative where it counts too few. */
  readonly parameters: bigint;
}

/**
 * Why {@link seed002} and {@link exact} count different parameters, each reason by itself; the rows
 * sum to `seed002.parameters(config) - exact.parameters(config)`.
 */
export function seed002Differences(config: ModelConfig): Difference[] {
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

export interface Sizing {
  readonly parameters: bigint;
  readonly weightBytes: bigint;
  readonly kvBytesPerRequest: bigint;
  /** Requests at once on the whole group of devices; 0 when the weights do not fit. */
  readonly maxBatch: bigint;
}

/**
 * The seed's sizing, which takes weights and caches to split evenly over any number of devices:
 * `maxBatch = floor((devices * deviceBytes - weights) / cache of a request)`. Under its own
 * assumptions, with 80 GiB and a context of 1,024 in fp16, that is `floor(160 X - 23.96)`. For a
 * split that respects heads see `maxBatch` in batch.ts.
 *
 * @throws {RangeError} when a quantity is not a positive integer
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

/** One head of attention as the seed counts it: d wide, over a context of N. */
export interface AttentionHead {
  readonly context: number;
  readonly headDim: number;
  readonly bytesPerElement: number;
}

/** FLOPs and bytes of the standard attention, which writes scores and probabilities to memory. */
export interface AttentionCost {
  readonly flops: bigint;
  readonly bytes: bigint;
  /** FLOPs per byte. */
  readonly intensity: number;
}

/** Prefill: `4 N² d` FLOPs, `(4 N² + 4 N d) b` bytes; the intensity tends to `d / b`. */
export function seed002PrefillAttention(head: AttentionHead): AttentionCost {
  const { N, d, b } = checkHead(head);
  return attentionCost(4n * N * N * d, (4n * N * N + 4n * N * d) * b);
}

/** Decode of one token: `4 N d` FLOPs, `(2 d + 2 N d + 4 N) b` bytes; a batch scales both alike. */
export function seed002DecodeAttention(head: AttentionHead, batch = 1): AttentionCost {
  const { N, d, b } = checkHead(head);
  const B = count("attention", "batch", batch, 1);
  return attentionCost(B * 4n * N * d, B * (2n * d + 2n * N * d + 4n * N) * b);
}

function attentionCost(flops: bigint, bytes: bigint): AttentionCost {
  return { flops, bytes, intensity: Number(flops) / Number(bytes) };
}

function checkHead({ context, headDim, bytesPerElement }: AttentionHead) {
  return {
    N: count("attention", "context", context, 1),
    d: count("attention", "headDim", headDim, 1),
    b: count("attention", "bytesPerElement", bytesPerElement, 1),
  };
}
