/**
 * Work, counted: how many tokens go through the blocks, how many query-key pairs are scored and how
 * many rows of logits are computed. These three counts fix the cost of any run of one model.
 */
import type { ModelConfig } from "../model/config.ts";
import { checkGeneration, count, type GenerationShape, type Pass } from "./generation.ts";

export interface Work {
  /** Token positions that go through the blocks. */
  readonly tokens: bigint;
  /** Query-key pairs of one head of one layer. */
  readonly pairs: bigint;
  /** Token positions whose logits are computed. */
  readonly headRows: bigint;
}

/**
 * Which query-key pairs count. `causal`: those that the mask lets through; a query at position t
 * attends `min(t + 1, window)` keys. `dense`: the full rectangle of T queries by S + T keys, which
 * a kernel computes that masks afterwards, whatever the window.
 */
export type Attention = "causal" | "dense";

/**
 * What one pass does.
 *
 * @throws {RangeError} when a count is not an integer in its range
 */
export function passWork(config: ModelConfig, pass: Pass, attention: Attention = "causal"): Work {
  const tokens = count("pass", "newTokens", pass.newTokens, 1);
  const held = count("pass", "heldTokens", pass.heldTokens ?? 0);
  const headRows = count("pass", "headRows", pass.headRows ?? 1, 0, pass.newTokens);
  const seen = held + tokens;
  if (attention === "dense") return { tokens, pairs: tokens * seen, headRows };
  const { slidingWindow } = config;
  return { tokens, pairs: causal(slidingWindow, seen) - causal(slidingWindow, held), headRows };
}

/**
 * What a generation does, in closed form: the sum of {@link passWork} over its passes. `naive` runs
 * passes of P, P + 1, ..., P + n - 1 tokens; `cached` one of P and then n - 1 of one token.
 *
 * @throws {RangeError} when a length is not a positive integer
 */
export function generationWork(
  config: ModelConfig,
  generation: GenerationShape,
  attention: Attention = "causal",
): Work {
  const { P, n } = checkGeneration("generation", generation);
  const longest = P + n - 1n; // the most tokens that any pass sees
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

/** Pairs of a first pass over m tokens: `min(1, W) + min(2, W) + ... + min(m, W)`. */
function causal(window: number | null, m: bigint): bigint {
  const growing = least(m, window);
  return triangle(growing) + (m - growing) * growing;
}

/** The sum of {@link causal} over first passes of 1, 2, ..., m tokens. */
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
