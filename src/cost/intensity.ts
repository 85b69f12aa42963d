/**
 * Arithmetic intensity: how many floating-point operations a byte of memory traffic pays for. Each
 * operation is a row of FLOPs and bytes, so that a whole step and the attention alone are sums.
 */
import type { ModelConfig } from "../model/config.ts";
import { type Operation, workOperations } from "./flops.ts";
import { count, type Pass } from "./generation.ts";
import { blockMatrices } from "./matrices.ts";
import { type Attention, passWork, type Work } from "./work.ts";

/**
 * Activations that pass through memory. `unfused`: every operation reads its input and writes its
 * output, and the scores are written and read twice, around the softmax. `streamed`: the same
 * except for the scores, which stay on the chip (FlashAttention). `fused`: only the input and the
 * output of a block, and the logits.
 */
export const fusions = ["unfused", "streamed", "fused"] as const;

export type Fusion = (typeof fusions)[number];

/** A pass over several sequences at once, and how its numbers are stored and moved. */
export interface TrafficPass extends Pass {
  /** B: sequences that run together, each as the pass says; 1 when absent. */
  readonly batch?: number;
  readonly weightBytesPerElement: number;
  readonly kvBytesPerElement: number;
  readonly activationBytesPerElement: number;
  readonly fusion: Fusion;
  /** Which query-key pairs cost FLOPs, and bytes where scores travel; `causal` when absent. */
  readonly attention?: Attention;
}

/** FLOPs and bytes, over all layers and the whole batch. */
export interface Traffic {
  readonly flops: bigint;
  /** Weights, read once a pass, however many sequences share it. */
  readonly weightBytes: bigint;
  /** Keys and values, written by their projections and read by the attention. */
  readonly kvBytes: bigint;
  readonly activationBytes: bigint;
}

export interface TrafficRow extends Traffic {
  readonly operation: Operation | "embed_tokens" | "softmax";
}

/**
 * The FLOPs and bytes of one pass over B sequences, one row per operation.
 *
 * Weights are read once, `(L (P_attention + P_mlp) + V D) b_w`, and one row of the embedding for
 * each token, tied or not. Keys and values: T are written and all that T queries can see are read,
 * once for all the query heads that share them. Norms, biases, RoPE, activation functions and
 * residual additions are taken to be fused into their neighbours.
 *
 * @throws {RangeError} when a count is out of its range
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

/** The sum of rows: of all a whole step, of those that are {@link isAttention} the attention. */
export function sumTraffic(rows: readonly Traffic[]): Traffic {
  const sum = (part: keyof Traffic) => rows.reduce((total, row) => total + row[part], 0n);
  return {
    flops: sum("flops"),
    weightBytes: sum("weightBytes"),
    kvBytes: sum("kvBytes"),
    activationBytes: sum("activationBytes"),
  };
}

/** Whether an operation belongs to the attention itself, which has no weights. */
export function isAttention({ operation }: Pick<TrafficRow, "operation">): boolean {
  return operation === "scores" || operation === "softmax" || operation === "mix";
}

export function trafficBytes(traffic: Traffic): bigint {
  return traffic.weightBytes + traffic.kvBytes + traffic.activationBytes;
}

/** FLOPs per byte of memory traffic. */
export function intensity(traffic: Traffic): number {
  return Number(traffic.flops) / Number(trafficBytes(traffic));
}

/** Elements that an operation moves; all but weights are of one sequence. */
interface Volume {
  readonly operation: TrafficRow["operation"];
  readonly weights?: bigint;
  /** Weights that each sequence looks up for itself. */
  readonly lookups?: bigint;
  readonly kv?: bigint;
  readonly activations?: bigint;
}

function embedding({ hiddenSize: D }: ModelConfig, { tokens }: Work): Volume {
  const rows = tokens * BigInt(D);
  return { operation: "embed_tokens", lookups: rows, activations: rows };
}

function head({ hiddenSize: D, vocabSize: V }: ModelConfig, { headRows }: Work): Volume {
  return {
    operation: "lm_head",
    weights: BigInt(V) * BigInt(D),
    activations: headRows * BigInt(D + V),
  };
}

function blockVolumes(config: ModelConfig, pass: TrafficPass, work: Work): Volume[] {
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

function attentionVolumes(config: ModelConfig, pass: TrafficPass, work: Work): Volume[] {
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
