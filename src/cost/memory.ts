/** Bytes that a model and its sequences occupy, from the configuration alone. */
import type { ModelConfig } from "../model/config.ts";
import { count, type ForwardPass } from "./generation.ts";
import { parameterCount } from "./parameters.ts";

/** Returns the bytes of all weights; a tied head adds none. */
export function weightBytes(config: ModelConfig, bytesPerElement: number): bigint {
  return parameterCount(config) * count("weightBytes", "bytesPerElement", bytesPerElement, 1);
}

/**
 * Returns the bytes that one token adds to a KV cache: `2 L K H b`, one key and one value for each
 * layer and key-value head, independent of the number of query heads.
 */
export function kvBytesPerToken(config: ModelConfig, bytesPerElement: number): bigint {
  const { numHiddenLayers: L, numKeyValueHeads: K, headDim: H } = config;
  const bytes = count("kvBytesPerToken", "bytesPerElement", bytesPerElement, 1);
  return 2n * BigInt(L) * BigInt(K) * BigInt(H) * bytes;
}

/** Returns the tokens in a KV cache for a context: at most the window, in a rolling buffer. */
export function cachedTokens({ slidingWindow }: ModelConfig, context: number): number {
  return slidingWindow === null ? context : Math.min(context, slidingWindow);
}

/** Returns the bytes of the KV cache of one sequence of `context` tokens. */
export function kvBytes(config: ModelConfig, context: number, bytesPerElement: number): bigint {
  const held = cachedTokens(config, context);
  return kvBytesPerToken(config, bytesPerElement) * count("kvBytes", "context", held);
}

/** A pass over several sequences at once, and the bytes of one activation. */
export interface BatchPass extends ForwardPass {
  /** B: sequences that run together, each as the pass says; 1 when absent. */
  readonly batch?: number;
  readonly bytesPerElement: number;
}

/**
 * Returns the bytes of the score matrices of one layer if they are stored: `B N T (S + T) b`. A
 * streaming kernel (FlashAttention) does not store them.
 */
export function scoreMatrixBytes(config: ModelConfig, pass: BatchPass): bigint {
  const { B, T, S, bytes } = checkPass("scoreMatrixBytes", pass);
  return B * BigInt(config.numAttentionHeads) * T * (S + T) * bytes;
}

/** The bytes of one stage of a forward pass. */
export interface ActivationRow {
  readonly stage: "residual" | "attention" | "feed_forward" | "lm_head";
  readonly bytes: bigint;
}

/**
 * Returns an estimate of the memory of a forward pass without a streaming kernel: the residual
 * stream throughout and, in addition, the largest of three stages ({@link peakActivationBytes}).
 * Buffers of norms and of the next layer are assumed to reuse this space.
 *
 * | stage | elements |
 * | --- | --- |
 * | residual | `B T D` |
 * | attention | `B T (2 N H + 2 K H)` for q, k, v and the mix, and `B N T (S + T)` scores |
 * | feed_forward | `B T (D + 2F)` in SwiGLU, `B T (D + F)` otherwise |
 * | lm_head | `B rows (D + V)` |
 */
export function activationRows(config: ModelConfig, pass: BatchPass): ActivationRow[] {
  const { B, T, rows, bytes } = checkPass("activationRows", pass);
  const { hiddenSize: D, intermediateSize: F, vocabSize: V, headDim: H } = config;
  const { numAttentionHeads: N, numKeyValueHeads: K } = config;
  const hidden = config.feedForward === "swiglu" ? 2 * F : F;
  const perToken = (elements: number) => B * T * BigInt(elements) * bytes;
  return [
    { stage: "residual", bytes: perToken(D) },
    {
      stage: "attention",
      bytes: perToken(2 * N * H + 2 * K * H) + scoreMatrixBytes(config, pass),
    },
    { stage: "feed_forward", bytes: perToken(D + hidden) },
    { stage: "lm_head", bytes: B * rows * BigInt(D + V) * bytes },
  ];
}

/** Returns the residual stream and the largest stage, see {@link activationRows}. */
export function peakActivationBytes(config: ModelConfig, pass: BatchPass): bigint {
  const [residual, ...stages] = activationRows(config, pass);
  let largest = 0n;
  for (const { bytes } of stages) if (bytes > largest) largest = bytes;
  return residual.bytes + largest;
}

/** Returns the counts of a pass as bigints. */
function checkPass(who: string, pass: BatchPass) {
  return {
    B: count(who, "batch", pass.batch ?? 1, 1),
    T: count(who, "newTokens", pass.newTokens, 1),
    S: count(who, "heldTokens", pass.heldTokens ?? 0),
    rows: count(who, "headRows", pass.headRows ?? 1, 0, pass.newTokens),
    bytes: count(who, "bytesPerElement", pass.bytesPerElement, 1),
  };
}
