import type { Logits } from "../math/logits.ts";
import { ban } from "./ban.ts";
import { draw } from "./draw.ts";
import { greedy } from "./greedy.ts";
import { minP } from "./min-p.ts";
import { frequencyPenalty, presencePenalty, repetitionPenalty } from "./penalties.ts";
import { distribution, type SamplingOptions, sampleToken } from "./sample-token.ts";
import { temperatureScale } from "./temperature.ts";
import { topK } from "./top-k.ts";
import { topP } from "./top-p.ts";

/** What right samplers do differently: a law asks each of them for its own. */
export interface Conventions {
  /**
   * The order in which `distribution` goes through its options; what is not listed is not offered.
   */
  readonly order: readonly (keyof SamplingOptions)[];
  /** Of the logits that tie for the last place of top-k, the lower ids stay, or all do. */
  readonly topKTies: "lower ids" | "all";
  /** Where the mass equals p, top-p stops, or keeps one token more. */
  readonly topPEquality: "stop" | "one more";
}

/**
 * The pieces of a sampler, as pure functions: what the sampling laws are asked of. A filter gives
 * the logits back with -Infinity for what it drops.
 */
export interface Sampler {
  readonly conventions: Conventions;
  readonly greedy: (logits: Logits) => number;
  readonly repetitionPenalty: typeof repetitionPenalty;
  readonly frequencyPenalty: typeof frequencyPenalty;
  readonly presencePenalty: typeof presencePenalty;
  readonly ban: typeof ban;
  readonly temperatureScale: (logits: Logits, temperature: number) => Float64Array;
  readonly topK: (logits: Logits, k: number) => Float64Array;
  readonly topP: (logits: Logits, p: number) => Float64Array;
  readonly minP: (logits: Logits, m: number) => Float64Array;
  /** The whole chain up to probabilities. */
  readonly distribution: typeof distribution;
  /** The token at `u` in [0, 1) of the cumulative distribution. */
  readonly draw: (probs: ArrayLike<number>, u: number) => number;
  /** The whole chain up to a token. */
  readonly sample: typeof sampleToken;
}

/** This project's own sampler. */
export const sampler: Sampler = {
  conventions: {
    order: [
      "repetitionPenalty",
      "frequencyPenalty",
      "presencePenalty",
      "bannedSequences",
      "temperature",
      "topK",
      "topP",
      "minP",
    ],
    topKTies: "lower ids",
    topPEquality: "stop",
  },
  greedy,
  repetitionPenalty,
  frequencyPenalty,
  presencePenalty,
  ban,
  temperatureScale,
  topK,
  topP,
  minP,
  distribution,
  draw,
  sample: sampleToken,
};
