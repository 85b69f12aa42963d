/**
 * Arithmetic intensity: floating-point operations per byte of memory traffic. Each operation is a
 * row of FLOPs and bytes; a whole step and the attention alone are sums of rows.
 */
import type { ModelConfig } from "../model/config.ts";
import { type Operation, workOperations } from "./flops.ts";
import { count, type ForwardPass } from "./generation.ts";
import { blockMatrices } from "./matrices.ts";
import { type PairCounting, passWork, type WorkCounts } from "./work.ts";

/**
 * Activations that pass through memory. `unfused`: every operation reads its input and writes its
 * output, and the scores are written and read twice, around the softmax. `streamed`: the same
 * except for the scores, which stay on the chip (FlashAttention). `fused`: only the input and the
 * output of a block, and the logits.
 */
export const fusions = ["unfused", "streamed", "fused"] as const;

/** The activations that are moved: all, all but the scores, or those between blocks. */
export type Fusion = (typeof fusions)[number];

/** A pass over several sequences at once, and the storage of its numbers. */
export interface TrafficPass extends ForwardPass {
  /** B: number of sequences that run together; 1 when absent. */
  readonly batch?: number;
  readonly weightBytesPerElement: number;
  readonly kvBytesPerElement: number;
  readonly activationBytesPerElement: number;
  readonly fusion: Fusion;
  /** The query-key pairs that cost FLOPs, and bytes if scores are stored; `causal` when absent. */
  readonly attention?: PairCounting;
}

/** FLOPs and bytes, over all layers and the whole batch. */
export interface Traffic {
  readonly flops: bigint;
  /** Bytes of weights, read once per pass for all sequences. */
  readonly weightBytes: bigint;
  /** Bytes of keys and values, written by their projections and read by the attention. */
  readonly kvBytes: bigint;
  readonly activationBytes: bigint;
}

/** The FLOPs and the bytes of one operation. */
export interface TrafficRow extends Traffic {
  readonly operation: Operation | "embed_tokens" | "softmax";
}

/**
 * Returns the FLOPs and bytes of one pass over B sequences, one row per operation.
 *
 * Weights are read once, `(L (P_attention + P_mlp) + V D) b_w`, and one row of the embedding for
 * each token, tied or not. Keys and values: T are written and all that T queries can see are read,
 * once for all the query heads that share them. Norms, biases, RoPE, activation functions and
 * residual additions are taken to be fused into their neighbours.
 *
 * @throws {RangeError} if a count is out of its range
 */
export function trafficRows(config: ModelConfig, pass: TrafficPass): TrafficRow[] {
  const work = passWork(config, pass, pass.attention);
  const volumes = [embedding(config, work), ...blockVolumes(config, pass, work)];
  volumes.push(head(config, work));

  const byte = (field: keyof TrafficPass & `${string}BytesPerElement`) =>
    count("trafficRows", field, pass[field], 1);
  const B = count("trafficRows", "batch", pass.batch ?? 1, 1);
  const flops = new Map<TrafficRow["operation"], bigint>(
    workOperations(config, work).map((row) => [row.operation, row.flops]),
  );
  return volumes.map(({ operation, weights = 0n, kv = 0n, activations = 0n, lookups = 0n }) => ({
    operation,
    flops: B * (flops.get(operation) ?? 0n),
    weightBytes: (weights + B * lookups) * byte("weightBytesPerElement"),
    kvBytes: B * kv * byte("kvBytesPerElement"),
    activationBytes: B * activations * byte("activationBytesPerElement"),
  }));
}

/** Returns the sum of rows, such as those of a whole step or of its attention. */
export function sumTraffic(rows: readonly Traffic[]): Traffic {
  const sum = (part: keyof Traffic) => rows.reduce((total, row) => total + row[part], 0n);
  return {
    flops: sum("flops"),
    weightBytes: sum("weightBytes"),
    kvBytes: sum("kvBytes"),
    activationBytes: sum("activationBytes"),
  };
}

/** Returns true for the operations of the attention itself, which have no weights. */
export function isAttention({ operation }: Pick<TrafficRow, "operation">): boolean {
  return operation === "scores" || operation === "softmax" || operation === "mix";
}

/** Returns all bytes that are moved: weights, cache and activations. */
export function trafficBytes(traffic: Traffic): bigint {
  return traffic.weightBytes + traffic.kvBytes + traffic.activationBytes;
}

/** Returns the FLOPs per byte of memory traffic. */
export function intensity(traffic: Traffic): number {
  return Number(traffic.flops) / Number(trafficBytes(traffic));
}

/** Number of elements that an operation moves; all except weights are those of one sequence. */
interface Volume {
  readonly operation: TrafficRow["operation"];
  readonly weights?: bigint;
  /** Rows of weights that each sequence looks up. */
  readonly lookups?: bigint;
  readonly kv?: bigint;
  readonly activations?: bigint;
}

function embedding({ hiddenSize: D }: ModelConfig, { tokens }: WorkCounts): Volume {
  const rows = tokens * BigInt(D);
  return { operation: "embed_tokens", lookups: rows, activations: rows };
}

function head({ hiddenSize: D, vocabSize: V }: ModelConfig, { headRows }: WorkCounts): Volume {
  return {
    operation: "lm_head",
    weights: BigInt(V) * BigInt(D),
    activations: headRows * BigInt(D + V),
  };
}

function blockVolumes(config: ModelConfig, pass: TrafficPass, work: WorkCounts): Volume[] {
  const L = BigInt(config.numHiddenLayers);
  const fused = pass.fusion === "fused";
  const matrices = blockMatrices(config).map((matrix): Volume => {
    const { name, out, in: width } = matrix;
    const isKv = name === "k_proj" || name === "v_proj";
    const ends = (name === "q_proj" ? width : 0) + (name === "down_proj" ? out : 0);
    const through = isKv ? width : width + out; // keys and values go to the cache instead
    return {
      operation: name,
      weights: L * BigInt(out) * BigInt(width),
      kv: isKv ? L * work.tokens * BigInt(out) : 0n,
      activations: L * work.tokens * BigInt(fused ? ends : through),
    };
  });
  return [...matrices.slice(0, 3), ...attentionVolumes(config, pass, work), ...matrices.slice(3)];
}

function attentionVolumes(config: ModelConfig, pass: TrafficPass, work: WorkCounts): Volume[] {
  const { numAttentionHeads: N, numKeyValueHeads: K, headDim: H, slidingWindow } = config;
  const L = BigInt(config.numHiddenLayers);
  const { newTokens: T, heldTokens: S = 0, fusion, attention } = pass;
  const all = slidingWindow === null || attention === "dense";
  const seen = all ? S + T : Math.min(S + T, slidingWindow + T - 1);
  const kv = L * BigInt(seen) * BigInt(K * H);
  const queries = fusion === "fused" ? 0n : L * work.tokens * BigInt(N * H);
  const scores = fusion === "unfused" ? L * BigInt(N) * work.pairs : 0n;
  return [
    { operation: "scores", kv, activations: queries + scores },
    { operation: "softmax", activations: 2n * scores },
    { operation: "mix", kv, activations: scores + queries },
  ];
}
