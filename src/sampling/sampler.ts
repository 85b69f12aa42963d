import type { Logits } from "../logits.ts";
import { draw } from "./draw.ts";
import { greedy } from "./greedy.ts";
import { distribution, type SamplingOptions } from "./sample-token.ts";
import { temperatureScale } from "./temperature.ts";
import { topK } from "./top-k.ts";
import { topP } from "./top-p.ts";

/**
 * The pieces of a sampler, as pure functions: what the sampling laws are asked of. A filter gives
 * the logits back with -Infinity for what it drops.
 */
export interface Sampler {
  readonly greedy: (logits: Logits) => number;
  readonly temperatureScale: (logits: Logits, temperature: number) => Float64Array;
  readonly topK: (logits: Logits, k: number) => Float64Array;
  readonly topP: (logits: Logits, p: number) => Float64Array;
  /** The whole chain up to probabilities. */
  readonly distribution: (logits: Logits, options: SamplingOptions) => Float64Array;
  /** The token at `u` in [0, 1) of the cumulative distribution. */
  readonly draw: (probs: ArrayLike<number>, u: number) => number;
}

/** This project's own sampler. */
export const sampler: Sampler = { greedy, temperatureScale, topK, topP, distribution, draw };
