/**
 * The three counts that determine the cost of any run of one model: tokens that pass through the
 * blocks, query-key pairs that are scored, and rows of logits.
 */
import type { ModelConfig } from "../model/config.ts";
import { checkGeneration, count, type ForwardPass, type GenerationShape } from "./generation.ts";

/** Counts of the work of one or several forward passes. */
export interface WorkCounts {
  /** Number of token positions that pass through the blocks. */
  readonly tokens: bigint;
  /** Number of query-key pairs of one head of one layer. */
  readonly pairs: bigint;
  /** Number of token positions whose logits are computed. */
  readonly headRows: bigint;
}

/**
 * The query-key pairs that count. `causal`: those that the mask allows; a query at position t
 * attends `min(t + 1, window)` keys. `dense`: the full rectangle of T queries by S + T keys, as a
 * kernel computes that masks afterwards, independent of the window.
 */
export type PairCounting = "causal" | "dense";

/**
 * Returns the counts of one pass.
 *
 * @throws {RangeError} if a count is not an integer in its range
 */
export function passWork(
  config: ModelConfig,
  pass: ForwardPass,
  attention: PairCounting = "causal",
): WorkCounts {
  const tokens = count("pass", "newTokens", pass.newTokens, 1);
  const held = count("pass", "heldTokens", pass.heldTokens ?? 0);
  const headRows = count("pass", "headRows", pass.headRows ?? 1, 0, pass.newTokens);
  const seen = held + tokens;
  if (attention === "dense") return { tokens, pairs: tokens * seen, headRows };
  const { slidingWindow } = config;
  return { tokens, pairs: causal(slidingWindow, seen) - causal(slidingWindow, held), headRows };
}

/**
 * Returns the counts of a generation in closed form: the sum of {@link passWork} over its passes.
 * `naive` runs passes of P, P + 1, ..., P + n - 1 tokens; `cached` one of P, then n - 1 of 1 token.
 *
 * @throws {RangeError} if a length is not a positive integer
 */
export function generationWork(
  config: ModelConfig,
  generation: GenerationShape,
  attention: PairCounting = "causal",
): WorkCounts {
  const { P, n } = checkGeneration("generation", generation);
  const longest = P + n - 1n; // tokens of the longest pass
  const { slidingWindow } = config;
  const dense = attention === "dense";
  const all = generation.head === "all";
  if (generation.mode === "cached") {
    const pairs = dense ? P * P + triangle(longest) - triangle(P) : causal(slidingWindow, longest);
    return { tokens: longest, pairs, headRows: all ? longest : n };
  }
  const tokens = triangle(longest) - triangle(P - 1n);
  const pairs = dense
    ? squares(longest) - squares(P - 1n)
    : causals(slidingWindow, longest) - causals(slidingWindow, P - 1n);
  return { tokens, pairs, headRows: all ? tokens : n };
}

/** Returns the pairs of a first pass over m tokens: `min(1, W) + min(2, W) + ... + min(m, W)`. */
function causal(window: number | null, m: bigint): bigint {
  const growing = least(m, window);
  return triangle(growing) + (m - growing) * growing;
}

/** Returns the sum of {@link causal} over first passes of 1, 2, ..., m tokens. */
function causals(window: number | null, m: bigint): bigint {
  const growing = least(m, window);
  const beyond = m - growing;
  const tetrahedron = (growing * (growing + 1n) * (growing + 2n)) / 6n;
  return tetrahedron + beyond * triangle(growing) + growing * triangle(beyond);
}

/** `1 + 2 + ... + m` */
function triangle(m: bigint): bigint {
  return (m * (m + 1n)) / 2n;
}

/** `1 + 4 + ... + m²` */
function squares(m: bigint): bigint {
  return (m * (m + 1n) * (2n * m + 1n)) / 6n;
}

function least(m: bigint, window: number | null): bigint {
  return window === null || m <= window ? m : BigInt(window);
}
