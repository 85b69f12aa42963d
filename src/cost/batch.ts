/** The number of requests that fit on a group of devices that share one model. */
import type { ModelConfig } from "../model/config.ts";
import { count } from "./generation.ts";
import { cachedTokens, kvBytesPerToken, weightBytes } from "./memory.ts";

/** The devices, the formats and the context of requests that are served together. */
export interface Serving {
  /** Memory of one device in bytes, because 80 GB is not 80 GiB. */
  readonly deviceBytes: number;
  /** Usable share of a device, in (0, 1]; 1 when absent. */
  readonly utilization?: number;
  /** Number of devices that share the model; 1 when absent. */
  readonly tensorParallel?: number;
  /** Tokens of every request, prompt and answer. */
  readonly context: number;
  /** Tokens in one block of a paged cache; 1 when absent. */
  readonly blockTokens?: number;
  readonly weightBytesPerElement: number;
  readonly kvBytesPerElement: number;
  /** Peak bytes of activations on each device; 0 when absent. */
  readonly activationBytes?: number;
  /** Bytes of the runtime on each device; 0 when absent. */
  readonly overheadBytes?: number;
}

/**
 * Reasons why a batch is not larger. `weights`, `activations`, `overhead`: the first that does not
 * fit, so there is no room for a cache. `block_rounding`: the last block of each request is not
 * full, else more would fit. `kv_replication`: several ranks hold the same key-value heads, so more
 * ranks no longer shrink a request. `kv_cache`: the caches fill the rest of the device.
 */
export const limitingTerms = [
  "weights",
  "activations",
  "overhead",
  "kv_cache",
  "kv_replication",
  "block_rounding",
] as const;

/** The limit of the largest batch. */
export type LimitingTerm = (typeof limitingTerms)[number];

/** Bytes on one rank, and the room for requests in the whole group. */
export interface BatchPlan {
  readonly kvHeadsPerRank: number;
  /** Number of ranks that hold the same key-value head. */
  readonly kvReplication: number;
  readonly weightBytes: bigint;
  readonly kvBytesPerToken: bigint;
  /** Bytes left for the cache; negative if the rest does not fit. */
  readonly kvBudget: bigint;
  readonly maxBlocks: bigint;
  readonly maxTokens: bigint;
  /** Number of requests of the whole group; every device holds a slice of each. */
  readonly maxBatch: bigint;
  readonly limitingTerm: LimitingTerm;
}

/** A plan, or the reason why the model cannot be split over the group. */
export type BatchResult =
  | { readonly status: "ok" | "does not fit"; readonly plan: BatchPlan }
  | { readonly status: `cannot split: ${string}`; readonly plan: null };

/**
 * Returns the largest batch of equal requests on one tensor-parallel group.
 *
 * ```
 * K_rank = K / tp                 when tp divides K
 *        = 1, tp / K ranks alike  when K divides tp
 * budget = floor(device * utilization) - weights of a rank - activations - overhead
 * blocks = floor(budget / (2 L K_rank H b * blockTokens))
 * batch  = floor(blocks / ceil(min(context, window) / blockTokens))
 * ```
 *
 * Query heads, key-value heads and the feed-forward are split over the ranks; the vocabulary is
 * padded to a multiple of them; norms, learned positions and the biases that are added after a sum
 * over ranks (of o_proj and down_proj) are held by every rank.
 *
 * @throws {RangeError} if a quantity of `serving` is out of its range
 */
export function maxBatch(config: ModelConfig, serving: Serving): BatchResult {
  const tp = Number(count("maxBatch", "tensorParallel", serving.tensorParallel ?? 1, 1));
  const problem = splitProblem(config, tp);
  if (problem !== null) return { status: `cannot split: ${problem}`, plan: null };

  const rank = rankConfig(config, tp);
  const tokenBytes = kvBytesPerToken(rank, serving.kvBytesPerElement);
  const weights = weightBytes(rank, serving.weightBytesPerElement);
  const memory = deviceMemory(serving);
  const kvBudget = memory.usable - weights - memory.activations - memory.overhead;

  const block = count("maxBatch", "blockTokens", serving.blockTokens ?? 1, 1);
  const context = count("maxBatch", "context", cachedTokens(config, serving.context), 1);
  const room = kvBudget > 0n ? kvBudget : 0n;
  const maxBlocks = room / (tokenBytes * block);
  const requests = maxBlocks / ((context + block - 1n) / block);
  const kvReplication = Math.max(1, tp / config.numKeyValueHeads);
  const limitingTerm = (): LimitingTerm => {
    if (memory.usable < weights) return "weights";
    if (memory.usable < weights + memory.activations) return "activations";
    if (kvBudget < 0n) return "overhead";
    if (room / (tokenBytes * context) > requests) return "block_rounding";
    return kvReplication > 1 ? "kv_replication" : "kv_cache";
  };
  return {
    status: requests > 0n ? "ok" : "does not fit",
    plan: {
      kvHeadsPerRank: rank.numKeyValueHeads,
      kvReplication,
      weightBytes: weights,
      kvBytesPerToken: tokenBytes,
      kvBudget,
      maxBlocks,
      maxTokens: maxBlocks * block,
      maxBatch: requests,
      limitingTerm: limitingTerm(),
    },
  };
}

/** Returns the reason why a model cannot be split over that many ranks; null if it can. */
function splitProblem(config: ModelConfig, tp: number): string | null {
  const { numAttentionHeads: N, numKeyValueHeads: K, intermediateSize: F } = config;
  if (N % tp !== 0) return `numAttentionHeads ${N} is not a multiple of ${tp} ranks`;
  if (F % tp !== 0) return `intermediateSize ${F} is not a multiple of ${tp} ranks`;
  if (K % tp !== 0 && tp % K !== 0) {
    return `numKeyValueHeads ${K} is neither a multiple nor a divisor of ${tp} ranks`;
  }
  return null;
}

/**
 * Returns the slice of a model on one rank, a smaller model: its share of the heads, of the
 * feed-forward and of the padded vocabulary, and all of the norms.
 */
function rankConfig(config: ModelConfig, tp: number): ModelConfig {
  return {
    ...config,
    numAttentionHeads: config.numAttentionHeads / tp,
    numKeyValueHeads: Math.max(1, config.numKeyValueHeads / tp),
    intermediateSize: config.intermediateSize / tp,
    vocabSize: Math.ceil(config.vocabSize / tp),
  };
}

function deviceMemory(serving: Serving) {
  const { utilization = 1 } = serving;
  if (!(utilization > 0 && utilization <= 1)) {
    throw new RangeError(`maxBatch: utilization must be in (0, 1], got ${utilization}`);
  }
  const device = Number(count("maxBatch", "deviceBytes", serving.deviceBytes, 1));
  return {
    usable: BigInt(Math.floor(device * utilization)),
    activations: count("maxBatch", "activationBytes", serving.activationBytes ?? 0),
    overhead: count("maxBatch", "overheadBytes", serving.overheadBytes ?? 0),
  };
}
