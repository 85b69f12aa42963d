/** The assignment's cost of attention: one head, with scores and probabilities in memory. */

import { count } from "../../cost/generation.ts";

/** One head of attention, H wide, over a context of S tokens. */
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

/**
 * Prefill: `4 S² H` FLOPs and `(4 S² + 4 S H) b` bytes at b bytes an element; the intensity tends
 * to `H / b`.
 */
export function assignmentPrefillAttention(head: AttentionHead): AttentionCost {
  const { S, H, b } = checkHead(head);
  return attentionCost(4n * S * S * H, (4n * S * S + 4n * S * H) * b);
}

/** Decode of one token: `4 S H` FLOPs, `(2 H + 2 S H + 4 S) b` bytes; a batch scales both alike. */
export function assignmentDecodeAttention(head: AttentionHead, batch = 1): AttentionCost {
  const { S, H, b } = checkHead(head);
  const B = count("attention", "batch", batch, 1);
  return attentionCost(B * 4n * S * H, B * (2n * H + 2n * S * H + 4n * S) * b);
}

function attentionCost(flops: bigint, bytes: bigint): AttentionCost {
  return { flops, bytes, intensity: Number(flops) / Number(bytes) };
}

function checkHead({ context, headDim, bytesPerElement }: AttentionHead) {
  return {
    S: count("attention", "context", context, 1),
    H: count("attention", "headDim", headDim, 1),
    b: count("attention", "bytesPerElement", bytesPerElement, 1),
  };
}
